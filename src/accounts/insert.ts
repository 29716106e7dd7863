import type { AccountsTable, Db } from '../database/tables.ts'
import type { Random } from '../lib/random.ts'
import type { CheckedEntry } from './entry.ts'
import { newId } from './new-id.ts'

/** Rows in one statement: far below what either database accepts as parameters. */
const CHUNK = 200

export interface NewRow {
  readonly realm: string
  readonly entry: CheckedEntry
  readonly now: number
  /** Whether the password is one that somebody else has chosen. */
  readonly mustChange?: boolean
}

export const newRow = ({ realm, entry, now, mustChange = false }: NewRow, random: Random): AccountsTable => ({
  id: newId(random),
  realm,
  login: entry.login,
  login_key: entry.loginKey,
  name: entry.name,
  given_name: entry.givenName,
  family_name: entry.familyName,
  email: entry.email,
  national_id: entry.nationalId,
  roles: JSON.stringify(entry.roles),
  password_hash: entry.passwordHash,
  password_set_at: entry.passwordHash === null ? null : now,
  password_must_change: mustChange && entry.passwordHash !== null ? 1 : 0,
  disabled_at: null,
  disabled_by: null,
  created_at: now,
  updated_at: now,
  source: null,
  external_id: null,
  source_mark: null,
  proved_at: null,
})

/** Inserts what is new and answers the ids inserted; a login that is taken, perhaps a moment ago, is left as it is. */
export const insertRows = async (db: Db, rows: readonly AccountsTable[]): Promise<ReadonlySet<string>> => {
  if (rows.length === 0) return new Set()
  const inserted = await db
    .insertInto('accounts')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['realm', 'login_key']).doNothing())
    .returning('id')
    .execute()
  return new Set(inserted.map((row) => row.id))
}

/**
 * Inserts all rows in one transaction, which is kept only when `keep` agrees with what was inserted. Either all that is
 * answered stands in the table, or, after `keep` said no or the database broke off, none of it.
 */
export const insertTogether = async (
  db: Db,
  rows: readonly AccountsTable[],
  keep: (inserted: ReadonlySet<string>) => boolean,
  onProgress: (done: number) => void,
): Promise<ReadonlySet<string>> => {
  const transaction = await db.startTransaction().execute()
  try {
    const inserted = new Set<string>()
    for (let from = 0; from < rows.length; from += CHUNK) {
      const chunk = rows.slice(from, from + CHUNK)
      for (const id of await insertRows(transaction, chunk)) inserted.add(id)
      onProgress(from + chunk.length)
    }
    await (keep(inserted) ? transaction.commit() : transaction.rollback()).execute()
    return inserted
  } catch (thrown) {
    // The first failure is the one to tell; a rollback that fails too ends with its connection.
    await transaction
      .rollback()
      .execute()
      .catch(() => {})
    throw thrown
  }
}
