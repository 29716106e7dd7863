import type { NamedIdentity } from '../accounts/identities.ts'
import type { MethodId } from '../policy/schema.ts'

/** Methods whose proof is made outside of the sign-in pages, and which name their person themselves. */
export const EVIDENCE_METHODS = [
  'cps',
  'pro-sante-connect',
  'oidc',
  'contextual-call',
] as const satisfies readonly MethodId[]
export type EvidenceMethod = (typeof EVIDENCE_METHODS)[number]

export const isEvidenceMethod = (id: MethodId): id is EvidenceMethod =>
  (EVIDENCE_METHODS as readonly MethodId[]).includes(id)

/** A proof that has been judged and found right: of whom, by what. What was not right never becomes one. */
export interface Evidence {
  readonly method: EvidenceMethod
  readonly identity: NamedIdentity
  /** The session never has a higher level: what was proved elsewhere may be less than the way promises (J-11). */
  readonly maxLevel?: 1 | 2 | 3
  /** What it was, for the trail: serial and issuer of a certificate, issuer of a provider. Never a secret, never a patient. */
  readonly trace: string
  /** Where its method keeps what is to lie beside the session; handed back to it when the session is open. */
  readonly attached?: string
}
