import type { EntryProblem, EntryWarning } from './entry.ts'
import type { PasswordContext, PasswordRule } from './password-rules.ts'
import type { AccountDetails } from './record.ts'
import type { TakenFactor } from './take-factors.ts'

/** A new password in clear, and the site whose rules it has to meet. */
export interface NewPassword extends Pick<PasswordContext, 'site'> {
  readonly password: string
  /** Whether the person has to choose another at the next sign-in, because somebody else knows this one. */
  readonly mustChange: boolean
}

export interface PasswordUnmet {
  readonly reason: 'password-unmet'
  readonly rules: readonly PasswordRule[]
}

export interface LoginUnknown {
  readonly reason: 'login-unknown'
}

export interface EntryRefused {
  readonly reason: 'entry-refused'
  readonly problems: readonly (EntryProblem | 'login-taken')[]
}

export interface Added {
  readonly account: AccountDetails
  readonly warnings: readonly EntryWarning[]
}

export interface Changed {
  readonly account: AccountDetails
  /** False when it already was as asked for. */
  readonly changed: boolean
}

/** `sessions` is how many were ended, or `unreached` when the store did not answer: they may still be open. */
export interface Closed extends Changed {
  readonly sessions: number | 'unreached'
}

/** `former`: the address of before, which may be the same. */
export interface EmailChanged extends Changed {
  readonly former: string | null
}

/** What was taken away of what the person had enrolled. */
export interface FactorsReset extends Closed {
  readonly removed: readonly TakenFactor[]
}

/** `nationalId`: the number that the network had registered and that was taken away. */
export interface NumberUnlinked extends FactorsReset {
  readonly nationalId: string | null
}
