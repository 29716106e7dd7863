import { constants, hash, verify, type KeyObject } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { id_kp_OCSPSigning, type BasicOCSPResponse, type ResponderID } from '@peculiar/asn1-ocsp'
import { ExtendedKeyUsage, id_ce_extKeyUsage } from '@peculiar/asn1-x509'
import { isSignedBy, type Authority } from '../authorities.ts'
import { readCertificate, type ReadCertificate } from '../certificate.ts'
import { extensionValue } from '../extension-value.ts'
import { isStrongKey, signatureForm } from '../strength.ts'

export interface ResponderParts {
  /** Whether the issuer has revoked the certificate of the responder, as far as a list says. */
  readonly isRevoked: (certificate: ReadCertificate, issuer: Authority) => boolean
  readonly now: number
}

/** Whether the answer says that it is of the holder of this certificate. */
const isNamed = ({ byName, byKey }: ResponderID, { fields }: ReadCertificate): boolean => {
  if (byKey !== undefined) {
    const key = hash('sha1', new Uint8Array(fields.subjectPublicKeyInfo.subjectPublicKey), 'buffer')
    return key.equals(Buffer.from(byKey.buffer))
  }
  if (byName === undefined) return false
  return Buffer.from(AsnConvert.serialize(byName)).equals(Buffer.from(AsnConvert.serialize(fields.subject)))
}

/** RFC 6960 §4.2.2.2: the issuer has said by the purpose of a certificate of its own that it speaks for it. */
const isDelegate = (certificate: ReadCertificate, issuer: Authority, { isRevoked, now }: ResponderParts): boolean => {
  const purposes: readonly string[] = extensionValue(certificate, id_ce_extKeyUsage, ExtendedKeyUsage) ?? []
  return (
    purposes.includes(id_kp_OCSPSigning) &&
    certificate.notBefore <= now &&
    now <= certificate.notAfter &&
    isSignedBy(certificate, issuer) &&
    !isRevoked(certificate, issuer)
  )
}

const signerOf = (answer: BasicOCSPResponse, issuer: Authority, parts: ResponderParts): KeyObject | null => {
  const { responderID } = answer.tbsResponseData
  if (isNamed(responderID, issuer.certificate)) return issuer.publicKey
  for (const given of answer.certs ?? []) {
    const read = readCertificate(new Uint8Array(AsnConvert.serialize(given)))
    if (read.ok && isNamed(responderID, read.value) && isDelegate(read.value, issuer, parts))
      return read.value.publicKey
  }
  return null
}

/** Whether an answer is signed by the issuer of the certificate, or by whom it has charged with that. */
export const isAnswerOf = (answer: BasicOCSPResponse, issuer: Authority, parts: ResponderParts): boolean => {
  const key = signerOf(answer, issuer, parts)
  const form = signatureForm(answer.signatureAlgorithm)
  if (key === null || form === null || !isStrongKey(key) || answer.tbsResponseDataRaw === undefined) return false
  const padding = form.salt === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: form.salt }
  return verify(
    form.hash,
    new Uint8Array(answer.tbsResponseDataRaw),
    { key, ...padding },
    new Uint8Array(answer.signature),
  )
}
