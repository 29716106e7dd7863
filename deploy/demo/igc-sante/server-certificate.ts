import {
  GeneralName,
  id_ce_subjectAltName,
  id_kp_serverAuth,
  KeyUsageFlags,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509'
import type { Authority } from './authority.ts'
import { certify, toPem } from './certificate.ts'
import { extendedKeyUsage, extension, keyUsage } from './extensions.ts'
import { nameOf } from './name.ts'
import { newKeyPair } from './signing.ts'

/** A certificate of a server and its key, PEM; no browser knows who issued it. */
export const issueServerCertificate = (
  issuer: Authority,
  host: string,
  now: Date,
): { readonly cert: string; readonly key: string } => {
  const keys = newKeyPair('p-256')
  const certificate = certify({
    subject: nameOf([[['C', 'FR']], [['CN', host]]]),
    issuer: issuer.name,
    serial: issuer.nextSerial(),
    notBefore: new Date(now.getTime() - 3_600_000),
    notAfter: new Date(now.getTime() + 30 * 86_400_000),
    publicKey: keys.publicKey,
    signer: issuer.keys,
    extensions: [
      keyUsage(KeyUsageFlags.digitalSignature),
      extendedKeyUsage(id_kp_serverAuth),
      extension(id_ce_subjectAltName, new SubjectAlternativeName([new GeneralName({ dNSName: host })])),
    ],
  })
  return { cert: toPem(certificate), key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}
