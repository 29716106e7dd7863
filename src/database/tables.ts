import type { Kysely } from 'kysely'

/**
 * The tables as they stand after the last migration. Both databases hold the same columns: identifiers and JSON as text,
 * times as whole milliseconds since the epoch, so that no date type, collation or driver can make them differ.
 */
export interface Tables {
  accounts: AccountsTable
  audit: AuditTable
  factors: FactorsTable
  factor_preferences: FactorPreferencesTable
  audit_chain: AuditChainTable
  password_history: PasswordHistoryTable
  devices: DevicesTable
  practice_choices: PracticeChoicesTable
}

export interface AccountsTable {
  /** A random UUID, given once; it is the `sub` of the assertion and never used again for another person. */
  id: string
  realm: string
  /** As registered, which is how the application receives it. */
  login: string
  /** What is looked up: accounts/login-key.ts. Unique within its realm. */
  login_key: string
  name: string
  given_name: string
  family_name: string
  email: string | null
  national_id: string | null
  /** JSON list of strings. */
  roles: string
  /** PHC string of accounts/password-hash.ts. */
  password_hash: string | null
  password_set_at: number | null
  /** 1: somebody else has chosen it, and another has to be chosen at the next sign-in. */
  password_must_change: number
  disabled_at: number | null
  /** `source`: closed because its source says so, and opened again when that does; null: by somebody at the gate. */
  disabled_by: 'source' | null
  created_at: number
  updated_at: number
  /** The directory or table where the account lives, by its name in the instance file; null: here. */
  source: string | null
  /** What never changes about the person there. Unique within realm and source. */
  external_id: string | null
  /** A keyed digest of what the source checks passwords against, as it was at `proved_at`: tells that it was changed there. */
  source_mark: string | null
  /** When the source last let the person in. */
  proved_at: number | null
}

/** Former passwords, as many as the site refuses (`password.history`). */
export interface PasswordHistoryTable {
  account: string
  /** When it was set. */
  set_at: number
  /** PHC string, as in the accounts. */
  hash: string
}

export interface AuditTable {
  /** Its place in the chain: from 1, without a gap. */
  seq: number
  /** Made by the writer, in rising order, so that a repeated write is recognised. */
  id: string
  at: number
  event: string
  /** `success` or `failure`, as audit/events.ts says of the event. */
  result: string
  site: string | null
  account: string | null
  login: string | null
  /** Who ran the command that did it. */
  actor: string | null
  way: string | null
  method: string | null
  address: string | null
  session: string | null
  detail: string | null
  reference: string | null
  /** How many alike this row stands for, where strangers cause too many to write each (audit/dampen.ts). */
  times: number | null
  /** Over the row and the hash of the row before it: audit/canonical.ts. */
  hash: string
  /** Over the hash, with a key of the gate: audit/seal.ts. */
  seal: string
}

/** One row: where the chain begins and ends now. Whoever extends the chain holds this row meanwhile (audit/chain.ts). */
export interface AuditChainTable {
  id: number
  /** The earliest event that is kept, and the hash of the one before it. */
  first_seq: number
  before_first: string
  /** The latest event. */
  seq: number
  hash: string
  /** Over all four, with a key of the gate; empty before the first event. */
  seal: string
  /** Counts up with each write. */
  writes: number
  /** The day on which a node last looked for events that are too old. */
  swept_on: string | null
}

/** What a person has enrolled to prove who they are, beside the password: accounts/factors.ts. */
export interface FactorsTable {
  id: string
  /** Id of the account, whatever source it comes from. */
  account: string
  kind: string
  /** An e-mail address, or the name that the person gave. */
  label: string
  /** Encrypted and bound to this row: accounts/factor-secret.ts. */
  secret: string | null
  /** The highest value that was used (the time step of a code, the counter of a passkey); -1 before the first. */
  counter: number
  created_at: number
  used_at: number | null
  /**
   * SHA-256 of what the factor is found by, once in the whole database: the credential id of a passkey, the realm and name of a
   * linked identity; null for everything else.
   */
  credential: string | null
}

/** What a person chose to be asked for first. */
export interface FactorPreferencesTable {
  account: string
  method: string
  choice: string
}

/** A browser in which somebody has signed in: accounts/devices.ts. */
export interface DevicesTable {
  id: string
  account: string
  site: string
  /** SHA-256 of the cookie that the browser holds; null once the device is forgotten. */
  hash: string | null
  /** Browser and system in words, or empty. */
  label: string
  /** The network address from which it was last used. */
  address: string
  first_seen: number
  last_seen: number
  /** The way whose second factor is not asked for here, since when and until when; null: it is asked for. */
  remembered_way: string | null
  remembered_at: number | null
  remembered_until: number | null
}

/** Which of their practices somebody works in at a site: accounts/practice-choices.ts. */
export interface PracticeChoicesTable {
  account: string
  site: string
  /** policy/practice.ts: practiceKey. */
  practice: string
  /** The structure as it was called then, or empty. */
  label: string
  chosen_at: number
}

/** How accounts/ and audit/ reach their tables. Whatever the driver throws arrives as `Fault('accounts-unavailable')`. */
export type Db = Kysely<Tables>
