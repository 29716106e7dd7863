import { parentPort, workerData } from 'node:worker_threads'
import type BetterSqlite3 from 'better-sqlite3'
import { LRUCache } from 'lru-cache'
import { openSqliteFile } from './sqlite-file.ts'

/** What the thread is started with: see limits.ts. */
export interface SqliteThreadData {
  readonly file: string
  readonly lock: number
}

/**
 * A statement. `transaction`: `begin` is the first one of a transaction, which it begins; `within` is a later one, which is
 * refused when the transaction is over: SQLite ends one by itself when the disk is full, and the rest would stand alone.
 */
export interface SqliteStatement {
  readonly kind: 'statement'
  readonly sql: string
  readonly parameters: readonly unknown[]
  readonly transaction: 'none' | 'begin' | 'within'
}

export type SqliteWork = SqliteStatement | { readonly kind: 'open' | 'roll-back' | 'close' }

export interface SqliteAnswer {
  readonly rows: unknown[]
  /** Of a statement that answers no rows. */
  readonly changes?: number
  readonly lastInsertRowid?: number | bigint
}

/** An error is told by its parts: a thread's message would lose the code. */
export type SqliteDone = SqliteAnswer | { readonly failed: { readonly code?: string; readonly message: string } }

/**
 * Statements are kept prepared by their text, for preparing one costs more than running it. Texts with many rows of values
 * come in as many lengths, large ones are rare: neither may push out those of every sign-in.
 */
const prepared = new LRUCache<string, BetterSqlite3.Statement>({
  max: 200,
  maxSize: 200_000,
  maxEntrySize: 4_000,
  sizeCalculation: (_, sql) => sql.length,
})

const { file, lock } = workerData as SqliteThreadData
let opened: BetterSqlite3.Database | undefined

const open = (): BetterSqlite3.Database => (opened ??= openSqliteFile(file, lock))

const prepare = (sql: string): BetterSqlite3.Statement => {
  const statement = prepared.get(sql) ?? open().prepare(sql)
  prepared.set(sql, statement)
  return statement
}

const run = ({ sql, parameters, transaction }: SqliteStatement): SqliteAnswer => {
  const { inTransaction } = open()
  // The lock is taken before anything is read: what was read is then still true when it is written upon, and whoever comes
  // second waits. A transaction that has read may find that it cannot write any more, at once and without waiting.
  if (transaction === 'begin' && !inTransaction) prepare('begin immediate').run()
  if (transaction === 'within' && !inTransaction) throw new Error('the transaction is over already')
  const statement = prepare(sql)
  if (statement.reader) return { rows: statement.all(parameters) }
  const { changes, lastInsertRowid } = statement.run(parameters)
  return { rows: [], changes, lastInsertRowid }
}

const act = (work: SqliteWork): SqliteAnswer => {
  if (work.kind === 'statement') return run(work)
  if (work.kind === 'open') open()
  if (work.kind === 'roll-back' && opened?.inTransaction === true) prepare('rollback').run()
  if (work.kind === 'close') opened?.close()
  return { rows: [] }
}

const done = (work: SqliteWork): SqliteDone => {
  try {
    return act(work)
  } catch (thrown) {
    if (!(thrown instanceof Error)) return { failed: { message: String(thrown) } }
    const { message } = thrown
    return {
      failed: 'code' in thrown && typeof thrown.code === 'string' ? { code: thrown.code, message } : { message },
    }
  }
}

parentPort?.on('message', (work: SqliteWork) => parentPort?.postMessage(done(work)))
