import { Kysely, sql } from 'kysely'
import type { Log } from '../lib/log.ts'
import { sourceOf } from './dialects.ts'
import { MIGRATING, SERVING, type DatabaseLimits } from './limits.ts'
import { isNewest, migrateToLatest } from './migrate.ts'
import type { Db, Tables } from './tables.ts'

export interface Database {
  readonly db: Db
  /** Brings the tables to the newest shape; called by every start of the gate and by every command. */
  migrate(): Promise<void>
  /** @throws {Fault} `accounts-unavailable` when a question is not answered within the limits */
  ping(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens accounts and audit trail. Nothing is connected to before the first question, and a database that is away is
 * tried again at each one. Every failure is `Fault('accounts-unavailable')`.
 * @param url `sqlite:FILE` or `postgres://…`
 * @throws {TypeError} when the address is neither
 */
export const openDatabase = (url: string, log: Log, limits: Partial<DatabaseLimits> = {}): Database => {
  const source = sourceOf(url)
  const db = new Kysely<Tables>({ dialect: source.connect({ ...SERVING, ...limits }, log) })
  return {
    db,
    migrate: async () => {
      if (await isNewest(db)) return
      const migrating = new Kysely<Tables>({ dialect: source.connect(MIGRATING, log) })
      try {
        await migrateToLatest(migrating, source.kind, log)
      } finally {
        await migrating.destroy()
      }
    },
    ping: async () => {
      await sql`select 1`.execute(db)
    },
    close: () => db.destroy(),
  }
}
