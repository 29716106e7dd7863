import type { Practice } from './practice.ts'
import type { Proof } from './schema.ts'

/** Who stands behind a request and how that was proved; what rules judge and what the application is told. */
export type Subject = Anonymous | SignedIn

export interface Anonymous {
  readonly kind: 'anonymous'
}

export interface SignedIn {
  readonly kind: 'signed-in'
  readonly account: string
  readonly login: string
  readonly name: string
  readonly givenName: string
  readonly familyName: string
  readonly email: string | null
  /** PS_IdNat: type digit and identifier, `8` + RPPS for a registered professional (facts/health.md §3.1). */
  readonly nationalId: string | null
  readonly roles: readonly string[]
  /** Id of the way of the site's policy that was completed. */
  readonly way: string
  readonly level: 1 | 2 | 3
  /** What was proved, in order. */
  readonly methods: readonly Proof[]
  /** When the last method was proved, milliseconds since the epoch. */
  readonly authenticatedAt: number
  /** As what and where they work, where Pro Santé Connect said so and the site asks for it. */
  readonly practice?: Practice | undefined
  readonly call?: CallContext | undefined
}

/** The call of a record system that opened a session, or that it goes on for. */
export interface CallContext {
  /** Names the call, and nothing else. */
  readonly id: string
  readonly partner: string
  /** What trail and log call it. */
  readonly reference: string
  /** Keyed digest of the patient; null when the call named none. */
  readonly patient: string | null
  /** What the application is told on each request, encrypted. */
  readonly sealed: string
  /** The session serves the paths alone that the policy names for calls. */
  readonly confined: boolean
  /** The application is shown in a frame of the record system. */
  readonly framed?: boolean | undefined
}

export const ANONYMOUS: Anonymous = { kind: 'anonymous' }
