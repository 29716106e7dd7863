import type { Account, AccountDirectory } from '../accounts/directory.ts'
import type { OwnPasswords } from '../accounts/own-passwords.ts'
import type { AuditTrail } from '../audit/events.ts'
import type { Clock } from '../lib/clock.ts'
import type { PurposeKey } from '../lib/digest.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import type { Mailer } from '../mail/mail.ts'
import type { Renderers } from '../render/renderer.ts'
import type { FlowSite } from '../sign-in/flow-site.ts'
import type { Throttle } from '../sign-in/throttle.ts'
import type { Visitor } from '../sign-in/visitor.ts'
import type { Store } from '../store/store.ts'

/** A password that was just changed by its owner. */
export interface PasswordChange {
  readonly account: Account
  readonly at: FlowSite
  readonly visitor: Visitor
  /** Digest of the session that may go on: the one in which it was changed. */
  readonly keep?: string
}

/** What follows from it: what ends with the former password, and who is told. A failure refuses nothing any more, but is a fault. */
export type OnPasswordChanged = (change: PasswordChange) => Promise<unknown>

export interface PasswordParts {
  readonly own: OwnPasswords
  readonly directory: Pick<AccountDirectory, 'provePassword'>
  readonly throttle: Throttle
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly mailer: Mailer
  readonly renderers: Renderers
  /** Binds links to the state of the account, and keys the counters of mails. */
  readonly key: PurposeKey
  readonly trail: AuditTrail
  readonly log: Log
  readonly onChanged: readonly OnPasswordChanged[]
}
