import type { AttributeValue, Name } from '@peculiar/asn1-x509'

/** What is read of a subject, by OID (X.520): never from a text that somebody has made of it (K-07). */
const OIDS = { CN: '2.5.4.3', SN: '2.5.4.4', GN: '2.5.4.42', pseudonym: '2.5.4.65' } as const

export type Attributes = Readonly<Record<keyof typeof OIDS, readonly AttributeValue[]>>

/** All values of each, whichever relative name they stand in and whatever stands beside them there. */
export const attributesOf = (subject: Name): Attributes => {
  const all = [...subject].flatMap((relative) => [...relative])
  const of = (oid: string): readonly AttributeValue[] =>
    all.filter(({ type }) => type === oid).map(({ value }) => value)
  return { CN: of(OIDS.CN), SN: of(OIDS.SN), GN: of(OIDS.GN), pseudonym: of(OIDS.pseudonym) }
}

/** Of a name of a person, RFC 5280's upper bound. */
const LONGEST = 128

/**
 * The text of a value: UTF8String, PrintableString, BMPString, or T61String, of which everybody writes ISO 8859-1. Null for
 * other types, and for what has characters that no name has: control characters, halves of pairs, replacements.
 */
export const textOf = (value: AttributeValue | undefined): string | null => {
  const text = value?.utf8String ?? value?.printableString ?? value?.bmpString ?? value?.teletexString
  if (text === undefined || text === '' || text.length > LONGEST) return null
  return /[\p{C}\p{Zl}\p{Zp}\uFFFD]/u.test(text) ? null : text
}
