import type { AccountsTable } from '../database/tables.ts'
import { Fault } from '../lib/errors.ts'
import type { Account } from './directory.ts'

/** What whoever looks after accounts sees of one: never the hash, only when it was set. Times in milliseconds. */
export interface AccountDetails extends Account {
  readonly passwordSetAt: number | null
  /** Another has to be chosen at the next sign-in. */
  readonly passwordMustChange: boolean
  readonly disabledAt: number | null
  readonly createdAt: number
  readonly updatedAt: number
  /** The directory or table where the account lives; null for those of the gate itself. */
  readonly source: string | null
  /** `source`: closed because its source says so. */
  readonly disabledBy: 'source' | null
  /** When its source last let the person in. */
  readonly provedAt: number | null
}

const rolesOf = (row: Pick<AccountsTable, 'id' | 'roles'>): string[] => {
  try {
    const roles: unknown = JSON.parse(row.roles)
    if (Array.isArray(roles) && roles.every((role) => typeof role === 'string')) return roles
  } catch {
    // Said below: a damaged row is no account without roles.
  }
  throw new Fault('fault', `the roles of account ${row.id} are not readable`)
}

export const accountOf = (row: AccountsTable): Account => ({
  id: row.id,
  realm: row.realm,
  login: row.login,
  name: row.name,
  givenName: row.given_name,
  familyName: row.family_name,
  email: row.email,
  nationalId: row.national_id,
  roles: rolesOf(row),
  disabled: row.disabled_at !== null,
})

export const detailsOf = (row: AccountsTable): AccountDetails => ({
  ...accountOf(row),
  passwordSetAt: row.password_set_at,
  passwordMustChange: row.password_must_change !== 0,
  disabledAt: row.disabled_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  source: row.source,
  disabledBy: row.disabled_by,
  provedAt: row.proved_at,
})
