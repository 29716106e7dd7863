import { CRLDistributionPoints, id_ce_cRLDistributionPoints } from '@peculiar/asn1-x509'
import type { Clock } from '../../lib/clock.ts'
import type { Authority } from './authorities.ts'
import type { CardFault } from './card.ts'
import type { ReadCertificate } from './certificate.ts'
import { extensionValue } from './extension-value.ts'
import type { HeldLists } from './lists/held-lists.ts'
import { freshUntil, isRevoked, type HeldList } from './lists/list.ts'
import { serialDigest } from './lists/serials.ts'
import type { OcspAnswers } from './ocsp/answers.ts'
import type { Standing } from './standing.ts'

/** What becomes of cards when a list is no longer fresh: refused, or accepted for so many milliseconds more. */
export type StaleRule = 'refuse' | number

/**
 * When the responder that a certificate names is asked: never; when the list says nothing; before the list, which counts
 * when the responder says nothing; or always, and then both must agree that the card is good.
 */
export const OCSP_USES = ['never', 'when-lists-fail', 'first', 'always'] as const
export type OcspUse = (typeof OCSP_USES)[number]

export interface RevocationParts {
  readonly lists: Pick<HeldLists, 'of'>
  readonly ocsp: OcspAnswers
  readonly use: OcspUse
  /** Of the instance, for sites that say nothing of it. */
  readonly stale: StaleRule
  readonly clock: Clock
}

export interface Revocation {
  /** Null for a certificate that is known not to be revoked, nor is an authority above it. */
  faultOf(certificate: ReadCertificate, issuer: Authority, stale: StaleRule | undefined): Promise<CardFault | null>
}

const urlsOf = (certificate: ReadCertificate): readonly string[] =>
  Array.from(extensionValue(certificate, id_ce_cRLDistributionPoints, CRLDistributionPoints) ?? []).flatMap(
    ({ distributionPoint }) =>
      (distributionPoint?.fullName ?? []).flatMap((name) => name.uniformResourceIdentifier ?? []),
  )

/** Whether the list speaks of this certificate: of its kind, and of the part that the certificate names. */
const covers = ({ complete: { scope } }: HeldList, certificate: ReadCertificate, about: 'holders' | 'authorities') => {
  if (scope.about !== 'all' && scope.about !== about) return false
  if (scope.urls.length === 0) return true
  return urlsOf(certificate).some((url) => scope.urls.includes(url))
}

const byList = (
  list: HeldList | undefined,
  certificate: ReadCertificate,
  { about, until }: { readonly about: 'holders' | 'authorities'; readonly until: (fresh: number) => boolean },
): Standing => {
  if (list === undefined) return { unknown: 'no list' }
  // What was revoked once stays so, however old the list is.
  if (isRevoked(list, serialDigest(certificate.serialNumber))) return 'revoked'
  if (!covers(list, certificate, about)) return { unknown: 'a list of other certificates' }
  return until(freshUntil(list)) ? 'good' : { unknown: 'the list is stale' }
}

const revoked = (cause: string): CardFault => ({ reason: 'revoked', cause })
const unknown = (cause: string): CardFault => ({ reason: 'revocation-unknown', cause })

/** The lists, where there are some, of those who stand above the issuer: an authority may be revoked too. */
const authorityFault = (
  { lists }: RevocationParts,
  issuer: Authority,
  until: (fresh: number) => boolean,
): CardFault | null => {
  const chain = [issuer, ...issuer.above]
  for (const [at, authority] of chain.entries()) {
    const list = lists.of(chain[at + 1]?.id ?? '')
    if (list === undefined) continue
    const standing = byList(list, authority.certificate, { about: 'authorities', until })
    if (standing === 'revoked') return { reason: 'untrusted', cause: `${authority.commonName} is revoked` }
    if (standing !== 'good') return unknown(`${authority.commonName}: ${standing.unknown}`)
  }
  return null
}

/** Asks the list and the responder in the order that the settings say (K-06). */
export const createRevocation = (parts: RevocationParts): Revocation => {
  const { lists, ocsp, use, clock } = parts
  const judge = async (certificate: ReadCertificate, issuer: Authority, until: (fresh: number) => boolean) => {
    const listed = byList(lists.of(issuer.id), certificate, { about: 'holders', until })
    if (listed === 'revoked') return revoked('list')
    const isAsked = use === 'first' || use === 'always' || (use === 'when-lists-fail' && listed !== 'good')
    const answered: Standing = isAsked ? await ocsp.of(certificate, issuer) : { unknown: 'not asked' }
    if (answered === 'revoked') return revoked('OCSP')
    const isKnown = use === 'always' ? answered === 'good' : answered === 'good' || listed === 'good'
    // With `always`, a list that is there and stale does not count against an answer of today.
    if (isKnown) return null
    const causes = [listed, answered].flatMap((each) => (typeof each === 'object' ? [each.unknown] : []))
    return unknown(causes.join('; '))
  }
  return {
    faultOf: async (certificate, issuer, stale = parts.stale) => {
      const grace = stale === 'refuse' ? 0 : stale
      const now = clock.now()
      const until = (fresh: number): boolean => now <= fresh + grace
      return authorityFault(parts, issuer, until) ?? (await judge(certificate, issuer, until))
    },
  }
}
