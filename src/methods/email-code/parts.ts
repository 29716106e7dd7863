import type { Factors } from '../../accounts/factors.ts'
import type { AuditTrail } from '../../audit/events.ts'
import type { Clock } from '../../lib/clock.ts'
import type { PurposeKey } from '../../lib/digest.ts'
import type { Random } from '../../lib/random.ts'
import type { Mail, Mailer } from '../../mail/mail.ts'
import type { Question } from '../../sign-in/method.ts'
import type { Store } from '../../store/store.ts'

/** What the mail says beside the code; mail/messages writes it. */
export interface CodeLetter {
  readonly question: Question
  readonly to: string
  readonly code: string
  readonly requestedAt: number
  readonly until: number
}

/** What the mail says that goes to an address to be confirmed. */
export type AddressLetter = Pick<CodeLetter, 'to' | 'code' | 'requestedAt' | 'until'> &
  Pick<Question, 'site' | 'origin' | 'visitor'>

export interface EmailCodeParts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly mailer: Mailer
  readonly write: (letter: CodeLetter) => Mail
  readonly writeAddress: (letter: AddressLetter) => Mail
  /** Keys the hashes of codes and the counters of accounts and places. */
  readonly key: PurposeKey
  readonly trail: AuditTrail
  /** Addresses that people have confirmed beside the registered one. */
  readonly factors: Pick<Factors, 'of' | 'find' | 'add'>
}
