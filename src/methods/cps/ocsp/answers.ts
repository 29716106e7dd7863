import type { Authority } from '../authorities.ts'
import type { ReadCertificate } from '../certificate.ts'
import type { Standing } from '../standing.ts'

/** What the responder that a certificate names says of it. */
export interface OcspAnswers {
  of(certificate: ReadCertificate, issuer: Authority): Promise<Standing>
}

export const NO_OCSP: OcspAnswers = { of: () => Promise.resolve({ unknown: 'not asked' }) }
