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

/** What a password check needs, kept apart from Account so that a hash never travels further than that check. */
export interface Credential {
  readonly account: Account
  /** PHC string, or null when no password was ever set. */
  readonly passwordHash: string | null
}

/**
 * Where accounts live, as the sign-in path sees it: two questions. A source that does not answer throws
 * `Fault('accounts-unavailable')`; it never looks like an unknown account.
 */
export interface AccountDirectory {
  findCredential(realm: string, login: string): Promise<Credential | null>
  findById(realm: string, id: string): Promise<Account | null>
}
