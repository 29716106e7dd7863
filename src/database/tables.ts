import type { Kysely } from 'kysely'

/**
 * The tables as they stand after the last migration. Both databases hold the same columns: identifiers and JSON as text,
 * times as whole milliseconds since the epoch, so that no date type, collation or driver can make them differ.
 */
export interface Tables {
  accounts: AccountsTable
  audit: AuditTable
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
  disabled_at: number | null
  created_at: number
  updated_at: number
}

export interface AuditTable {
  /** Made by the writer, in rising order, so that a repeated write is recognised. */
  id: string
  at: number
  event: string
  site: string | null
  account: string | null
  login: string | null
  way: string | null
  method: string | null
  address: string | null
  session: string | null
  detail: string | null
  reference: string | null
}

/** How accounts/ and audit/ reach their tables. Whatever the driver throws arrives as `Fault('accounts-unavailable')`. */
export type Db = Kysely<Tables>
