import { closeSync, existsSync, fchownSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'

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

/**
 * Opens the file, or fails at once with SQLITE_BUSY while another process holds it as a whole.
 * @param lock how long a statement waits for another process's lock afterwards, milliseconds
 */
export const openSqliteFile = (file: string, lock: number): BetterSqlite3.Database => {
  make(file)
  const database = new BetterSqlite3(file, { timeout: 0 })
  try {
    database.pragma('journal_mode = WAL')
    // A disabled account or a new password must outlive a power cut: each commit reaches the disk.
    database.pragma('synchronous = FULL')
    database.pragma('foreign_keys = ON')
    database.pragma(`busy_timeout = ${lock}`)
    return database
  } catch (thrown) {
    database.close()
    throw thrown
  }
}
