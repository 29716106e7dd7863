import type { AuditEvent, AuditTrail } from '../audit/events.ts'
import type { AccountsTable, Db } from '../database/tables.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { loginKey } from './login-key.ts'
import type { PasswordHasher } from './password-hash.ts'
import { detailsOf, type AccountDetails } from './record.ts'

/** What makes the sessions of an account end. */
export type WhySessionsEnd = 'closed' | 'password-changed' | 'factors-reset'

export interface AccountAdminParts {
  readonly clock: Clock
  readonly random: Random
  readonly hasher: PasswordHasher
  readonly trail: Pick<AuditTrail, 'record'>
  /** Ends every session of an account, on all nodes, and answers how many there were. */
  readonly endSessions: (realm: string, account: string, why: WhySessionsEnd) => Promise<number>
  /** Who asks, and where, for the audit trail. */
  readonly actor: string
}

/** What every operation on an account needs: its row, its trail, its sessions. */
export interface Desk extends AccountAdminParts {
  readonly db: Db
  all(realm: string): Promise<AccountDetails[]>
  find(realm: string, login: string): Promise<AccountDetails | null>
  change(id: string, columns: Partial<AccountsTable>): Promise<AccountDetails>
  record(event: AuditEvent['event'], account: Pick<AccountDetails, 'realm' | 'id' | 'login'>): void
  /** The account itself is changed by then: a store that is away does not hide that, it is told. */
  endAll(account: AccountDetails, why: WhySessionsEnd): Promise<number | 'unreached'>
}

export const createDesk = (db: Db, parts: AccountAdminParts): Desk => ({
  ...parts,
  db,
  all: async (realm) => {
    const rows = await db.selectFrom('accounts').selectAll().where('realm', '=', realm).execute()
    return rows.map(detailsOf)
  },
  find: async (realm, login) => {
    const key = loginKey(login)
    if (!key.ok) return null
    const row = await db
      .selectFrom('accounts')
      .selectAll()
      .where('realm', '=', realm)
      .where('login_key', '=', key.value)
      .executeTakeFirst()
    return row === undefined ? null : detailsOf(row)
  },
  change: async (id, columns) => {
    const row = await db
      .updateTable('accounts')
      .set({ ...columns, updated_at: parts.clock.now() })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    return detailsOf(row)
  },
  record: (event, { realm, id, login }) =>
    parts.trail.record({ event, site: realm, account: id, login, actor: parts.actor }),
  endAll: ({ realm, id }, why) => parts.endSessions(realm, id, why).catch(() => 'unreached' as const),
})
