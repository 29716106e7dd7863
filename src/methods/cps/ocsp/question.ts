import { hash } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { CertID, id_pkix_ocsp_nonce, OCSPRequest, Request, TBSRequest } from '@peculiar/asn1-ocsp'
import { AlgorithmIdentifier, Extension, Extensions } from '@peculiar/asn1-x509'
import type { Authority } from '../authorities.ts'
import type { ReadCertificate } from '../certificate.ts'

const SHA1 = '1.3.14.3.2.26'

const digest = (bytes: ArrayBuffer): OctetString =>
  new OctetString(Uint8Array.from(hash('sha1', new Uint8Array(bytes), 'buffer')).buffer)

/**
 * Which certificate is meant. SHA-1 here proves nothing and guards nothing: it is the name that every responder understands
 * (RFC 5019 §2.1.1), and the answer is signed.
 */
export const certificateId = ({ fields }: ReadCertificate, issuer: Authority): CertID => {
  const { subject, subjectPublicKeyInfo } = issuer.certificate.fields
  return new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: SHA1, parameters: null }),
    issuerNameHash: digest(AsnConvert.serialize(subject)),
    issuerKeyHash: digest(subjectPublicKeyInfo.subjectPublicKey),
    serialNumber: fields.serialNumber,
  })
}

/** An OCTET STRING within the value of the extension (RFC 8954). */
export const nonceValue = (nonce: Uint8Array): ArrayBuffer =>
  AsnConvert.serialize(new OctetString(Uint8Array.from(nonce).buffer))

/** The question to a responder, in DER. */
export const writeQuestion = (id: CertID, nonce: Uint8Array): Uint8Array<ArrayBuffer> => {
  const requestExtensions = new Extensions([
    new Extension({ extnID: id_pkix_ocsp_nonce, critical: false, extnValue: new OctetString(nonceValue(nonce)) }),
  ])
  const tbsRequest = new TBSRequest({ requestList: [new Request({ reqCert: id })], requestExtensions })
  return new Uint8Array(AsnConvert.serialize(new OCSPRequest({ tbsRequest })))
}
