import { X509Certificate, type KeyObject } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Certificate, Version, type Extension, type TBSCertificate } from '@peculiar/asn1-x509'
import { accept, refuse, type Result } from '../../lib/result.ts'

/** A certificate that two readers have read alike: OpenSSL, which verifies it, and one that shows every field of it. */
export interface ReadCertificate {
  readonly x509: X509Certificate
  readonly fields: TBSCertificate
  readonly publicKey: KeyObject
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  readonly signatureAlgorithm: Certificate['signatureAlgorithm']
  /** By their OID; each stands once. */
  readonly extensions: ReadonlyMap<string, Extension>
  /** Bytes of the number, as in the certificate. */
  readonly serialNumber: Uint8Array
  /** For the trail. */
  readonly serial: string
  readonly issuer: string
}

/** Certificates of cards have two kilobytes. */
const LARGEST = 32_768

const LONGEST_ISSUER = 200

/** One line without control characters: what an unknown authority calls itself may be anything. */
const asLine = (name: string): string => name.replace(/\n/g, ', ').replace(/\p{C}/gu, '?').slice(0, LONGEST_ISSUER)

const parse = (der: Uint8Array) => {
  try {
    const x509 = new X509Certificate(der)
    // The key is read when it is asked for, and may be none.
    return { x509, publicKey: x509.publicKey, asn: AsnConvert.parse(der, Certificate) }
  } catch {
    // Both throw for whatever is no certificate.
    return null
  }
}

/** An array of bytes of its own. */
export const bytesOf = (buffer: ArrayBuffer | Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(buffer)

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

/** Reads DER, all of it and nothing after it (K-04). The reason of a refusal says what is wrong with it. */
export const readCertificate = (der: Uint8Array): Result<ReadCertificate, string> => {
  if (der.length === 0 || der.length > LARGEST) return refuse('size')
  const parsed = parse(der)
  if (parsed === null) return refuse('unreadable')
  const { x509, publicKey, asn } = parsed
  // OpenSSL reads PEM too, and leaves alone what follows the first certificate.
  if (!isSame(x509.raw, der)) return refuse('not one certificate in DER')
  const fields = asn.tbsCertificate
  if (fields.version !== Version.v3) return refuse('version')
  // RFC 5280 §4.1.1.2: what is beside the signature is not signed.
  if (!asn.signatureAlgorithm.isEqual(fields.signature)) return refuse('two algorithms')
  const all = Array.from(fields.extensions ?? [])
  const extensions = new Map(all.map((extension) => [extension.extnID, extension]))
  if (extensions.size !== all.length) return refuse('an extension twice')
  const notBefore = fields.validity.notBefore.getTime().getTime()
  const notAfter = fields.validity.notAfter.getTime().getTime()
  if (!Number.isFinite(notBefore) || !Number.isFinite(notAfter)) return refuse('dates')
  const serialNumber = bytesOf(fields.serialNumber)
  return accept({
    x509,
    fields,
    publicKey,
    notBefore,
    notAfter,
    signatureAlgorithm: asn.signatureAlgorithm,
    extensions,
    serialNumber,
    serial: x509.serialNumber,
    issuer: asLine(x509.issuer),
  })
}
