import type { Account } from '../accounts/directory.ts'
import type { MethodId } from '../policy/schema.ts'
import type { Attempt } from './attempt.ts'
import type { FlowSite } from './flow-site.ts'

/** What somebody who has proved everything must still do before a session is opened. */
export type Obligation =
  | { readonly kind: 'new-password'; readonly because: 'first-use' | 'expired' }
  /** The way they came by is over: one of these methods takes its place (G8). */
  | { readonly kind: 'new-method'; readonly methods: readonly MethodId[] }

/** Asked once everything of a way is proved, and again when the obligation is said to be met. */
export type ObligationOf = (
  at: FlowSite,
  account: Account,
  attempt: Pick<Attempt, 'proved'>,
) => Promise<Obligation | null>
