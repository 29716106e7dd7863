import type { AccountsTable } from '../../database/tables.ts'
import type { Account } from '../directory.ts'
import { accountOf } from '../record.ts'
import type { Person } from './person.ts'
import { recordLinked, settle, type LinksParts, type Proof } from './settle.ts'

/**
 * The gate's own rows for people whose accounts live elsewhere: the identifier that sessions, factors and the assertion
 * hang on. A row is made when its source first let the person in, never for a login that somebody merely typed.
 */
export interface Links {
  known(realm: string, externalId: string): Promise<AccountsTable | null>
  /** Writes down that the source has just let this person in, and what it says of them. */
  settle(realm: string, person: Person, proof: Proof): Promise<Account>
  /** Closes the account here because its source has closed or lost it; its sessions end by accounts/watch-disabled. */
  close(row: AccountsTable, why: 'closed' | 'gone'): Promise<void>
  /** The source has another password now: what the gate knows of the former one goes. */
  forgetPassword(row: AccountsTable): Promise<void>
}

export const createLinks = (parts: LinksParts): Links => {
  const { db, source, clock } = parts
  return {
    known: async (realm, externalId) => {
      const row = await db
        .selectFrom('accounts')
        .selectAll()
        .where('realm', '=', realm)
        .where('source', '=', source)
        .where('external_id', '=', externalId)
        .executeTakeFirst()
      return row ?? null
    },
    settle: async (realm, person, proof) => accountOf(await settle(parts, realm, person, proof)),
    close: async (row, why) => {
      const now = clock.now()
      const { numUpdatedRows } = await db
        .updateTable('accounts')
        .set({ disabled_at: now, disabled_by: 'source', updated_at: now })
        .where('id', '=', row.id)
        .where('disabled_at', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows > 0n)
        recordLinked(parts, 'account.disabled', row, why === 'closed' ? 'closed in' : 'no longer in')
    },
    forgetPassword: async ({ id }) => {
      const columns = { password_hash: null, password_set_at: null, source_mark: null, proved_at: null }
      await db.updateTable('accounts').set(columns).where('id', '=', id).execute()
    },
  }
}
