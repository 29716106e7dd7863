import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, type Dialect } from 'kysely'
import type { DatabaseLimits } from './limits.ts'
import { createSqliteDriver } from './sqlite-driver.ts'

class Adapter extends SqliteAdapter {
  /** There is one, but the driver deals it out: kysely's own queue lets people wait without a limit. */
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

/**
 * SQLite in a thread of its own: what waits there, for the disk or for another process's lock, holds up nobody else in this
 * process. Opened at the first question, so that a gate whose disk is not there yet starts, says so, and recovers.
 */
export const sqliteDialect = (file: string, limits: DatabaseLimits): Dialect => ({
  createDriver: () => createSqliteDriver(file, limits),
  createAdapter: () => new Adapter(),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createIntrospector: (db) => new SqliteIntrospector(db),
})
