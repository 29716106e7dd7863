import type { Clock } from '../../lib/clock.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { Authorities } from './authorities.ts'
import type { Card, CardFault, CardKind, CardRefusal } from './card.ts'
import { readCertificate, type ReadCertificate } from './certificate.ts'
import { readPerson } from './identity.ts'
import { readKind } from './kind.ts'
import { findIssuer, validityFault } from './path.ts'
import { purposeFault, type PurposeSettings } from './purpose.ts'
import type { Revocation, StaleRule } from './revocation.ts'

/** What came with a TLS handshake, or from the front that had it. */
export interface PresentedCard {
  /** The certificate, in DER. */
  readonly leaf: Uint8Array
  /** What came along. Nothing of it is believed or needed: see `createAuthorities`. */
  readonly others: readonly Uint8Array[]
}

/** What a site says of cards. */
export interface SiteCards {
  readonly cps: { readonly kinds: readonly CardKind[]; readonly stale?: StaleRule | undefined }
}

export interface CardJudgeParts {
  readonly authorities: Authorities
  readonly purpose: PurposeSettings
  readonly revocation: Revocation
  readonly clock: Clock
}

export interface CardJudge {
  /**
   * Judges what was presented, whoever has looked at it before: a front that does not check, or checks less, changes
   * nothing (K-03, K-05). That the visitor holds the key of the certificate was proved by the handshake.
   */
  judge(presented: PresentedCard, site: SiteCards): Promise<Result<Card, CardRefusal>>
}

const judgeRead = async (
  { authorities, purpose, revocation, clock }: CardJudgeParts,
  certificate: ReadCertificate,
  { cps }: SiteCards,
): Promise<Result<Card, CardFault>> => {
  const now = clock.now()
  const issuer = findIssuer(certificate, authorities, now)
  if (!issuer.ok) return issuer
  const fault = validityFault(certificate, now) ?? purposeFault(certificate, purpose)
  if (fault !== null) return refuse(fault)
  const person = readPerson(certificate)
  if (!person.ok) return person
  const kind = readKind(certificate, cps.kinds)
  if (!kind.ok) return kind
  const revoked = await revocation.faultOf(certificate, issuer.value, cps.stale)
  if (revoked !== null) return refuse(revoked)
  const { serial, issuer: name } = certificate
  return accept({ ...person.value, kind: kind.value, serial, issuer: name })
}

export const createCardJudge = (parts: CardJudgeParts): CardJudge => ({
  judge: async ({ leaf }, site) => {
    const read = readCertificate(leaf)
    if (!read.ok) return refuse({ reason: 'malformed', cause: read.reason, serial: null, issuer: null })
    const judged = await judgeRead(parts, read.value, site)
    const { serial, issuer } = read.value
    return judged.ok ? judged : refuse({ ...judged.reason, serial, issuer })
  },
})
