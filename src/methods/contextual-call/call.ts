import type { NamedIdentity } from '../../accounts/identities.ts'
import type { Partner } from '../../policy/partners.ts'
import type { CallPatient } from './claims.ts'

/** A call that was verified: whatever is in it was signed by the establishment, and fits what was agreed upon. */
export interface VerifiedCall {
  readonly partner: Partner
  readonly identity: NamedIdentity
  /** The identifier of the user, as the establishment gave it. */
  readonly user: string
  readonly patient: CallPatient | undefined
  /** Path of the application, when the call names one. */
  readonly target: string | null
  /** What is taken once: no two calls of one partner have the same. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** What is asked for is judged by these, and by the policy. */
export interface ArrivedCall {
  readonly now: number
  /** Address of the browser. */
  readonly address: string | undefined
  readonly method: 'GET' | 'POST'
}

/** Who issued identifiers of users that are a partner's own, in the table of linked identities. */
export const localIssuerOf = ({ finess }: Pick<Partner, 'finess'>): string => `urn:finess:${finess}`

export const identityOf = (partner: Partner, kind: 'national-id' | 'local-id', user: string): NamedIdentity =>
  kind === 'national-id'
    ? { kind: 'national-id', nationalId: user }
    : { kind: 'subject', issuer: localIssuerOf(partner), subject: user }
