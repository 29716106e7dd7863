import { accept, refuse, type Result } from '../../lib/result.ts'
import { isSignedBy, type Authorities, type Authority } from './authorities.ts'
import type { CardFault } from './card.ts'
import type { ReadCertificate } from './certificate.ts'
import { isStrongKey, signatureForm } from './strength.ts'

const untrusted = (cause: string) => refuse<CardFault>({ reason: 'untrusted', cause })

const isInForce = ({ notBefore, notAfter }: ReadCertificate, now: number): boolean =>
  notBefore <= now && now <= notAfter

/** The authority that signed the certificate of a card, itself in force up to its root (K-05). */
export const findIssuer = (
  certificate: ReadCertificate,
  { issuers }: Authorities,
  now: number,
): Result<Authority, CardFault> => {
  if (signatureForm(certificate.signatureAlgorithm) === null) return untrusted('weak signature')
  if (!isStrongKey(certificate.publicKey)) return untrusted('weak key')
  const issuer = issuers.find((each) => isSignedBy(certificate, each))
  if (issuer === undefined) return untrusted('unknown issuer')
  const ended = [issuer, ...issuer.above].find((each) => !isInForce(each.certificate, now))
  return ended === undefined ? accept(issuer) : untrusted(`${ended.commonName} is not in force`)
}

/** Whether the certificate of the card itself is in force. */
export const validityFault = ({ notBefore, notAfter }: ReadCertificate, now: number): CardFault | null => {
  const day = (time: number): string => new Date(time).toISOString()
  if (now > notAfter) return { reason: 'expired', cause: `on ${day(notAfter)}` }
  return now < notBefore ? { reason: 'not-yet-valid', cause: `before ${day(notBefore)}` } : null
}
