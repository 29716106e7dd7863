import type { Site } from '../policy/schema.ts'

export type HeaderEncoding = Site['identity']['encoding']

/**
 * Control characters end a header, start another or hide in a log: they become a blank before anything else happens, in
 * every encoding (H-15). Blanks at the ends go as well, since a parser drops them.
 */
const withoutControls = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()

/**
 * RFC 3986 §2.1 over UTF-8: every byte that is not printable ASCII, and `%` itself; `decodeURIComponent` gives the value
 * back. « Zoé Œuvrard » is `Zo%C3%A9 %C5%92uvrard`.
 */
const percentUtf8 = (text: string): string => text.toWellFormed().replaceAll(/[^\x20-\x7e]|%/gu, encodeURIComponent)

/** The UTF-8 bytes as they are. Node takes header values as one character a byte, hence the second step. */
const rawUtf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** Letters and signs of names that have no accentless form of their own. */
const CLOSEST: Readonly<Record<string, string>> = {
  ...{ Œ: 'OE', œ: 'oe', '’': "'", '‘': "'", ʼ: "'", '‛': "'", '“': '"', '”': '"', '„': '"', '–': '-', '—': '-' },
  ...{ '‐': '-', '‑': '-', '…': '...', '€': 'EUR', Ł: 'L', ł: 'l', Đ: 'D', đ: 'd', Ħ: 'H', ħ: 'h', ı: 'i', Ŧ: 'T' },
  ...{ ŧ: 't', ẞ: 'SS', ĸ: 'k', Ŋ: 'N', ŋ: 'n', Ə: 'E', ə: 'e', '\u00a0': ' ', '\u202f': ' ', '\u2009': ' ' },
}

const closestInLatin1 = (character: string): string => {
  const known = CLOSEST[character]
  if (known !== undefined) return known
  const withoutAccents = character.normalize('NFKD').replaceAll(/\p{M}/gu, '')
  return /^[\x20-\x7e\xa1-\xff]+$/.test(withoutAccents) ? withoutAccents : '?'
}

/** ISO-8859-1 with the closest letters, `?` for what has none. « Zoé Œuvrard » is `Zoé OEuvrard` in bytes of that set. */
const latin1 = (text: string): string => text.normalize('NFC').replaceAll(/[^\x20-\x7e\xa1-\xff]/gu, closestInLatin1)

const ENCODERS: Readonly<Record<HeaderEncoding, (text: string) => string>> = {
  'percent-utf8': percentUtf8,
  utf8: rawUtf8,
  latin1,
}

/** A text as the value of a plain identity header, one character for each byte on the wire. */
export const encodeHeaderValue = (text: string, encoding: HeaderEncoding): string =>
  ENCODERS[encoding](withoutControls(text))

/**
 * Several texts in one value, joined by `,`. A comma inside one is `%2C` in every encoding, and `%` is `%25`, so that a role
 * never reads as two.
 */
export const encodeHeaderList = (texts: readonly string[], encoding: HeaderEncoding): string =>
  texts
    .map((text) =>
      encoding === 'percent-utf8'
        ? encodeHeaderValue(text, encoding).replaceAll(',', '%2C')
        : encodeHeaderValue(text.replaceAll('%', '%25').replaceAll(',', '%2C'), encoding),
    )
    .join(',')
