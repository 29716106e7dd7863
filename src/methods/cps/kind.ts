import { accept, refuse, type Result } from '../../lib/result.ts'
import { CARD_KINDS, type CardFault, type CardKind } from './card.ts'
import { bytesOf, type ReadCertificate } from './certificate.ts'

/** `gipCardType`, an INTEGER of TRE_G02. */
export const CARD_TYPE = '1.2.250.1.71.1.2.2'

const INTEGER = 2

/** What kind of card it is, among those that are accepted. */
export const readKind = (
  { extensions }: ReadCertificate,
  accepted: readonly CardKind[],
): Result<CardKind, CardFault> => {
  const wrong = (cause: string) => refuse<CardFault>({ reason: 'kind-not-accepted', cause })
  const extension = extensions.get(CARD_TYPE)
  if (extension === undefined) return wrong('no card type')
  const [tag, length, number = -1, ...more] = bytesOf(extension.extnValue.buffer)
  const kind = CARD_KINDS[number]
  if (tag !== INTEGER || length !== 1 || more.length > 0 || kind === undefined) return wrong('unknown card type')
  return accepted.includes(kind) ? accept(kind) : wrong(kind)
}
