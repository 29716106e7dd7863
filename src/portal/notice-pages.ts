import type { DisownableKind, NoticeActor } from '../notices/notice.ts'
import type { MethodId } from '../policy/schema.ts'

/** What the pages are given that tell people something of their account. */
export interface NoticePageModels {
  /** After a sign-in by a way about to end (G8). */
  ending: {
    /** Last method of the way. */
    readonly kind: MethodId
    /** Its last day, YYYY-MM-DD. */
    readonly endsOn: string
    /** Methods that the person has and that outlast it. */
    readonly ready: readonly { readonly method: MethodId }[]
    /** Those that they can set up now. */
    readonly possible: readonly { readonly method: MethodId; readonly href: string }[]
    readonly continueHref: string
  }
  /** « Ce n'est pas moi »: what it is about, and what the button does. */
  'not-me': {
    readonly action: string
    readonly csrf: string
    readonly link: string
    readonly kind: DisownableKind
    readonly by: NoticeActor
    /** ISO 8601, UTC. */
    readonly at: string
    readonly device: string
    readonly address: string
  }
  /** It is done: what, whom to call, how to get a new password. */
  'not-me-done': {
    readonly isPasswordInvalid: boolean
    /** Means of signing in that were taken back. */
    readonly factors: number
    readonly resetHref: string | null
    readonly signInHref: string
  }
  /** A link that does nothing (any more). */
  'not-me-gone': { readonly reason: 'expired' | 'used' | 'unknown'; readonly signInHref: string }
}
