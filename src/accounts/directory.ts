import type { Result } from '../lib/result.ts'

/** A person who may sign in, as the gate knows them. */
export interface Account {
  readonly id: string
  /** Accounts of one realm never meet those of another; a site has one realm (its own name unless configured). */
  readonly realm: string
  /** As registered and as the application receives it; looked up without regard to case. */
  readonly login: string
  /** The name as shown to people: « Zoé Œuvrard ». */
  readonly name: string
  readonly givenName: string
  readonly familyName: string
  readonly email: string | null
  /** PS_IdNat, or null for staff who have none (facts/health.md §3.1). */
  readonly nationalId: string | null
  readonly roles: readonly string[]
  readonly disabled: boolean
}

/**
 * `locked`, `expired`: what a directory says that looks after passwords itself. `ambiguous`: several people of a source
 * have this login. `unreadable`: what the source says of the person cannot be used. `unverifiable`: the hash of the password
 * is of a form that nobody here knows.
 */
export type PasswordRefusalCause =
  'unknown' | 'wrong' | 'disabled' | 'locked' | 'expired' | 'ambiguous' | 'unreadable' | 'unverifiable'

/**
 * Why a login and a password prove nobody; for the audit trail only. The account is named where the login is that of
 * somebody whom the gate knows: people type passwords into the wrong field.
 */
export interface PasswordRefusal {
  readonly cause: PasswordRefusalCause
  readonly account: Account | null
}

/**
 * Where accounts live, as the sign-in path sees it: two questions. Whatever is wrong, the source does the work of one check
 * of a password, for nobody if need be, and never hands out what it checks against (C-02). A source that does not answer
 * throws `Fault('accounts-unavailable')`; it never looks like an unknown account (E-04).
 */
export interface AccountDirectory {
  /**
   * Who has this login, when the password is theirs and their account is open.
   * @param from who asks: those who wait for their turn are served in rounds
   * @throws {Fault} `sign-in-busy` when too many are waiting
   */
  provePassword(
    realm: string,
    login: string,
    password: string,
    from?: string,
  ): Promise<Result<Account, PasswordRefusal>>
  findById(realm: string, id: string): Promise<Account | null>
}
