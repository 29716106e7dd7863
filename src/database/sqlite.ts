import { closeSync, existsSync, fchownSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import BetterSqlite3 from 'better-sqlite3'
import { SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely'
import { databaseFault } from './fault.ts'
import type { DatabaseLimits } from './limits.ts'

const RETRY_EVERY = 20

const isBusy = (thrown: unknown): boolean =>
  thrown instanceof BetterSqlite3.SqliteError && thrown.code.startsWith('SQLITE_BUSY')

/** Tries again while another process holds the file, without blocking this one; gives up after `limit` milliseconds. */
export const whenFree = async <Value>(limit: number, attempt: () => Value | Promise<Value>): Promise<Value> => {
  for (let left = limit; ; left -= RETRY_EVERY) {
    try {
      return await attempt()
    } catch (thrown) {
      const cause = thrown instanceof Error && isBusy(thrown.cause) ? thrown.cause : thrown
      if (!isBusy(cause) || left <= 0) throw thrown
    }
    await pause(RETRY_EVERY)
  }
}

/**
 * Password hashes lie in it: the file is made for its owner only, and its -wal and -shm inherit mode and owner. Made by an
 * administrator's command, it belongs to whom its folder belongs to, or the service could never open it.
 */
const make = (file: string): void => {
  if (existsSync(file)) return
  const descriptor = openSync(file, 'a', 0o600)
  if (process.getuid?.() === 0) {
    const { uid, gid } = statSync(dirname(file))
    fchownSync(descriptor, uid, gid)
  }
  closeSync(descriptor)
}

const open = (file: string, lock: number): BetterSqlite3.Database => {
  make(file)
  const database = new BetterSqlite3(file, { timeout: lock })
  try {
    database.pragma('journal_mode = WAL')
    // A disabled account or a new password must outlive a power cut: each commit reaches the disk.
    database.pragma('synchronous = FULL')
    database.pragma('foreign_keys = ON')
    return database
  } catch (thrown) {
    database.close()
    throw thrown
  }
}

const orFault = <Value>(act: () => Value): Value => {
  try {
    return act()
  } catch (thrown) {
    throw databaseFault(thrown)
  }
}

const guardStatement = (statement: BetterSqlite3.Statement): SqliteStatement => ({
  reader: statement.reader,
  all: (parameters) => orFault(() => statement.all(parameters)),
  run: (parameters) => orFault(() => statement.run(parameters)),
  iterate: (parameters) => orFault(() => statement.iterate(parameters)),
})

/** Opened at the first question, so that a gate whose disk is not there yet starts, says so, and recovers. */
export const sqliteDialect = (file: string, limits: DatabaseLimits): SqliteDialect =>
  new SqliteDialect({
    database: async (): Promise<SqliteDatabase> => {
      const database = await whenFree(limits.connect, () => open(file, limits.lock)).catch((thrown: unknown) => {
        throw databaseFault(thrown)
      })
      return {
        prepare: (sql) => orFault(() => guardStatement(database.prepare(sql))),
        close: () => void database.close(),
      }
    },
  })
