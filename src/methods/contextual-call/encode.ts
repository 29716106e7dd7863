import { accept, refuse, type Result } from '../../lib/result.ts'
import type { ContextualCall } from '../../policy/contextual-call.ts'
import type { CallValues } from './values.ts'

export type Pair = readonly [name: string, value: string]
export type Unwritable = 'value-too-long' | 'value-unwritable'

type Deliver = ContextualCall['deliver']

/** Letters that ISO-8859-1 has. Nothing is replaced by its like: another spelling is another patient. */
const isLatin1 = (text: string): boolean => /^[\x20-\x7e\xa0-\xff]*$/.test(text)

/** What the application is given as parameters, in the order of the policy; what the call does not say is left out. */
export const pairsOf = (
  { values: mapping, fixed }: Pick<Deliver, 'values' | 'fixed'>,
  values: CallValues,
): readonly Pair[] => [
  ...Object.entries(fixed),
  ...Object.entries(mapping).flatMap(([name, field]): Pair[] => {
    const value = values[field]
    return value === undefined ? [] : [[name, value]]
  }),
]

/** Whether everything that is to be told can be told, before anybody is signed in for it. */
export const judgeValues = (deliver: Deliver, values: CallValues): Unwritable | null => {
  const told = [deliver.values, deliver.headers, deliver.ctx].flatMap((mapping) =>
    Object.values(mapping).map((field) => values[field] ?? ''),
  )
  if (told.some((value) => value.length > deliver['max-length'])) return 'value-too-long'
  const isNarrow = deliver.as !== 'headers' && deliver.charset === 'iso-8859-1'
  return isNarrow && pairsOf(deliver, values).some(([, value]) => !isLatin1(value)) ? 'value-unwritable' : null
}

/** Every byte but letters, digits and `-._~` as `%XX` (RFC 3986 § 2.3): nothing ends a value, in no reader. */
const percent = (text: string, charset: Deliver['charset']): string =>
  [...Buffer.from(text, charset === 'utf-8' ? 'utf8' : 'latin1')]
    .map((byte) => {
      const character = String.fromCharCode(byte)
      return /[A-Za-z0-9._~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')

/** The address that tells the application by its query. */
export const queryAddress = (deliver: Deliver, path: string, values: CallValues): Result<string, Unwritable> => {
  const doubt = judgeValues(deliver, values)
  if (doubt !== null) return refuse(doubt)
  const query = pairsOf(deliver, values)
    .map(([name, value]) => `${percent(name, 'utf-8')}=${percent(value, deliver.charset)}`)
    .join('&')
  return accept(query === '' ? path : `${path}?${query}`)
}
