import type { LegacyLink } from '../../policy/partners.ts'
import { readLinkTemplate, separatorsOf } from '../../policy/link-template.ts'

export interface SignedText {
  /** One character for each byte of what is signed. */
  readonly text: string
  /** Parameters whose values could be others under the same text; empty when it can be read in one way only. */
  readonly ambiguous: readonly string[]
}

/**
 * What is signed, and whether other values would make the same text: then whoever holds the link moves letters from one
 * parameter into the next, and its signature goes on fitting.
 */
export const signedTextOf = (
  { charset, signature }: Pick<LegacyLink, 'charset' | 'signature'>,
  values: ReadonlyMap<string, string>,
): SignedText => {
  const template = readLinkTemplate(signature.over)
  const bytes = (text: string): string => Buffer.from(text, charset === 'utf-8' ? 'utf8' : 'latin1').toString('latin1')
  const [first = '', ...behind] = template.texts.map(bytes)
  const text = template.names.reduce((so, name, at) => so + bytes(values.get(name) ?? '') + (behind[at] ?? ''), first)
  const inner = text.slice(first.length, text.length - (behind.at(-1) ?? '').length)
  const movable = movableSeparators(inner, separatorsOf(template).map(bytes))
  return { text, ambiguous: template.names.filter((_name, at) => movable.has(at) || movable.has(at - 1)) }
}

/**
 * Which separators could stand elsewhere in this text, whatever the values are: every way to place them lies between the one
 * that takes the first place for each and the one that takes the last. To forbid a separator in the value before it would not
 * do: `||` is misled by a value that ends in `|`, and in the last value stands what the record system may have signed as
 * the end of the one before.
 */
const movableSeparators = (text: string, separators: readonly string[]): ReadonlySet<number> => {
  let from = 0
  const first = separators.map((separator) => {
    const at = text.indexOf(separator, from)
    from = at + separator.length
    return at
  })
  let until = text.length
  const last = separators.toReversed().map((separator) => {
    until = text.lastIndexOf(separator, until - separator.length)
    return until
  })
  return new Set(first.flatMap((at, index) => (at === last.at(-1 - index) ? [] : [index])))
}
