import { createHmac, type KeyObject } from 'node:crypto'

/** The parts of a message that a signature covers, always the same ones (RFC 9421 §2). */
export interface CoveredComponents {
  /** The list as it stands in Signature-Input. */
  readonly list: string
  /**
   * The text that is signed (RFC 9421 §2.5).
   * @param values one for each component, in their order, without a line end in any of them: a line end would be a
   *   component of somebody else's making
   * @param parameters of the signature, serialised, each with its `;`
   */
  base(values: readonly string[], parameters: string): string
}

/** @param components serialised identifiers: `"@method"`, `"x-user";bs` */
export const coverComponents = (components: readonly string[]): CoveredComponents => {
  const list = `(${components.join(' ')})`
  const beginnings = components.map((component) => `${component}: `)
  const end = `"@signature-params": ${list}`
  return {
    list,
    base: (values, parameters) => {
      let text = ''
      for (let at = 0; at < beginnings.length; at += 1) text += `${beginnings[at] ?? ''}${values[at] ?? ''}\n`
      return text + end + parameters
    },
  }
}

/** The algorithm `hmac-sha256` of RFC 9421 §3.3.3, over one byte a character; as Signature carries it. */
export const hmacSha256 = (key: KeyObject, base: string): string =>
  `:${createHmac('sha256', key).update(base, 'latin1').digest('base64')}:`
