import { createHash, X509Certificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  Certificate,
  Extensions,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
  type AlgorithmIdentifier,
  type Extension,
  type Name,
} from '@peculiar/asn1-x509'
import { algorithmOf, signatureOver, type Hash, type KeyPair } from './signing.ts'

export interface CertificateParts {
  readonly subject: Name
  readonly issuer: Name
  readonly serial: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly publicKey: KeyPair['publicKey']
  readonly signer: Pick<KeyPair, 'privateKey'>
  readonly hash?: Hash
  readonly extensions: readonly Extension[]
  /** Another algorithm in the signed part than beside the signature: what no authority does. */
  readonly claimedAlgorithm?: AlgorithmIdentifier
  readonly version?: Version
}

/** The identifier of a key (RFC 5280 §4.2.1.2, first way). */
export const keyIdentifier = (publicKey: KeyPair['publicKey']): ArrayBuffer => {
  const spki = AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo)
  return Uint8Array.from(createHash('sha1').update(new Uint8Array(spki.subjectPublicKey)).digest()).buffer
}

/** A certificate, in DER. */
export const certify = (parts: CertificateParts): Uint8Array<ArrayBuffer> => {
  const { subject, issuer, serial, notBefore, notAfter, publicKey, signer, hash = 'sha256', extensions } = parts
  const signatureAlgorithm = algorithmOf(signer, hash)
  const tbsCertificate = new TBSCertificate({
    version: parts.version ?? Version.v3,
    serialNumber: Uint8Array.from(serial).buffer,
    signature: parts.claimedAlgorithm ?? signatureAlgorithm,
    issuer,
    validity: new Validity({ notBefore, notAfter }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo),
    ...(extensions.length > 0 && { extensions: new Extensions([...extensions]) }),
  })
  const signatureValue = signatureOver(AsnConvert.serialize(tbsCertificate), signer, hash)
  return new Uint8Array(AsnConvert.serialize(new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue })))
}

export const toPem = (der: Uint8Array): string => new X509Certificate(der).toString()
