import { sql, type Kysely } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, Migrator } from 'kysely/migration'
import { Fault } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import type { DatabaseKind } from './dialects.ts'
import { databaseFault } from './fault.ts'
import { MIGRATING } from './limits.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { whenFree } from './sqlite-busy.ts'
import type { Db, Tables } from './tables.ts'

type Ledger = Record<typeof DEFAULT_MIGRATION_TABLE, { name: string }>

/** A database that a newer version changed is left alone: this version does not know what its columns mean. */
const refuseNewer = (applied: readonly string[]): void => {
  const unknown = applied.filter((name) => !(name in MIGRATIONS))
  if (unknown.length > 0) {
    const text = `database: changed by a newer version (${unknown.join(', ')}); run that version, or restore the backup made before it`
    throw new Fault('accounts-unavailable', text)
  }
}

const appliedTo = async (db: Kysely<Tables & Ledger>): Promise<readonly string[]> => {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some((table) => table.name === DEFAULT_MIGRATION_TABLE)) return []
  return (await db.selectFrom(DEFAULT_MIGRATION_TABLE).select('name').execute()).map((row) => row.name)
}

/**
 * Whether nothing is left to do. Only looks: a command that asks one question neither waits for somebody else's lock nor
 * opens a second connection.
 * @throws {Fault} `accounts-unavailable`
 */
export const isNewest = async (db: Db): Promise<boolean> => {
  const applied = await appliedTo(db.$extendTables<Ledger>())
  refuseNewer(applied)
  return applied.length === Object.keys(MIGRATIONS).length
}

const apply = async (db: Db, log: Log): Promise<void> => {
  refuseNewer(await appliedTo(db.$extendTables<Ledger>()))
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) } })
  const { error, results } = await migrator.migrateToLatest()
  if (error !== undefined) throw databaseFault(error)
  for (const { migrationName } of results ?? []) log.info({ migration: migrationName }, 'database migrated')
}

/**
 * SQLite knows no advisory lock, so one write transaction is lock and safety net: of processes that start together one
 * migrates while the others wait, and a migration that breaks off leaves nothing behind.
 */
const applyAlone = async (db: Db, log: Log): Promise<void> => {
  await whenFree(MIGRATING.connect, () => sql`begin immediate`.execute(db))
  try {
    await apply(db, log)
    await sql`commit`.execute(db)
  } catch (thrown) {
    await sql`rollback`.execute(db)
    throw thrown
  }
}

/**
 * Brings the database to the newest shape, on one connection of its own. Safe when several processes start together
 * (PostgreSQL: an advisory lock, SQLite: the write lock), and does nothing when nothing is new. Never goes back.
 * @throws {Fault} `accounts-unavailable`
 */
export const migrateToLatest = (db: Db, kind: DatabaseKind, log: Log): Promise<void> =>
  db.connection().execute((connection) => (kind === 'sqlite' ? applyAlone : apply)(connection, log))
