import { AttributeTypeAndValue, AttributeValue, Name, RelativeDistinguishedName } from '@peculiar/asn1-x509'

/** Attributes of subjects by their short names. */
export const ATTRIBUTES = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  title: '2.5.4.12',
  GN: '2.5.4.42',
  pseudonym: '2.5.4.65',
} as const

export type AttributeName = keyof typeof ATTRIBUTES

/** The string type of a value; UTF8String where only the text is given. */
export type Text =
  | string
  | Partial<
      Pick<
        AttributeValue,
        'utf8String' | 'printableString' | 'bmpString' | 'teletexString' | 'ia5String' | 'universalString' | 'anyValue'
      >
    >

/** One relative name: several attributes make it a multi-valued one. */
export type Relative = readonly (readonly [attribute: AttributeName, value: Text])[]

/** Countries are PrintableString by definition (RFC 5280, X520countryName). */
const valueOf = (attribute: AttributeName, value: Text): AttributeValue => {
  if (typeof value !== 'string') return new AttributeValue(value)
  return new AttributeValue(attribute === 'C' ? { printableString: value } : { utf8String: value })
}

export const nameOf = (relatives: readonly Relative[]): Name =>
  new Name(
    relatives.map(
      (relative) =>
        new RelativeDistinguishedName(
          relative.map(
            ([attribute, value]) =>
              new AttributeTypeAndValue({ type: ATTRIBUTES[attribute], value: valueOf(attribute, value) }),
          ),
        ),
    ),
  )
