import type { EntryProblem, EntryWarning } from './entry.ts'
import type { PasswordPolicy, PasswordRule } from './password-rules.ts'
import type { AccountDetails } from './record.ts'

/** A new password in clear, and the rules that it has to meet. */
export interface NewPassword {
  readonly password: string
  readonly policy: PasswordPolicy
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
