import type { Message } from './message.ts'
import type { EvidenceMethod } from '../sign-in/evidence.ts'

/** Methods with a page of their own, on which somebody arrives without a login. */
export type ArrivalMethod = 'passkey' | 'cps' | 'pro-sante-connect' | 'oidc'

/** A button of the sign-in page that leads to another page of ours. */
export interface Arrival {
  /** Names icon, `arrivals.<method>.label` and `arrivals.<method>.note`. */
  readonly method: ArrivalMethod
  readonly href: string
  /** The policy names it before the first way that begins with a password. */
  readonly isBeforePassword: boolean
  /** The operator's own text of the button, and picture beside it, where there are any. */
  readonly text?: string | undefined
  readonly logo?: string | undefined
  /** What is behind it does not answer now: the button stays, and says so (R37). */
  readonly isAway?: boolean
  /** Last day, YYYY-MM-DD, when the way ends soon; null otherwise. */
  readonly endsOn: string | null
}

/** A card, or an account at a provider, that leads to an account of ours. */
export interface LinkedIdentity {
  /** Null for the registered number: it is the referent's to change. */
  readonly id: string | null
  /** A national identifier, or an issuer. */
  readonly label: string
  readonly since: string | null
}

/** The pages of people who are proved by something from outside; templates read nothing else. */
export interface ArrivalPageModels {
  /** A card, a provider or an establishment proved who somebody is, and no way in came of it. */
  'not-recognised': {
    readonly method: EvidenceMethod
    readonly why: 'no-account' | 'another-person' | 'not-enrolled'
    readonly signInHref: string
    /** Where another card can be shown; null for what there is only one of. */
    readonly retryHref: string | null
    readonly reference: string
  }
  /** Whether what was just presented is to lead to the account from now on. */
  link: {
    readonly action: string
    readonly csrf: string
    readonly pending: string
    /** A national identifier, or an issuer. */
    readonly name: string
    readonly person: string
    readonly login: string
    /** `link.taken`, `link.other-number`: nothing can be linked then. */
    readonly error: Message | null
    readonly cancelHref: string
  }
}
