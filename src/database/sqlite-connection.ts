import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { databaseFault } from './fault.ts'
import type { SqliteLink } from './sqlite-link.ts'
import type { SqliteAnswer } from './sqlite-thread.ts'

/** Bytes cross between threads as plain arrays of bytes; whoever reads them knows Buffers. */
const asBuffers = (row: object): object => {
  for (const [name, value] of Object.entries(row)) {
    if (!(value instanceof Uint8Array)) continue
    Object.assign(row, { [name]: Buffer.from(value.buffer, value.byteOffset, value.byteLength) })
  }
  return row
}

const bigintOf = (value: number | bigint | undefined): bigint | undefined =>
  value === undefined ? undefined : BigInt(value)

const resultOf = <Row>({ rows, changes, lastInsertRowid }: SqliteAnswer): QueryResult<Row> => {
  const [insertId, numAffectedRows] = [bigintOf(lastInsertRowid), bigintOf(changes)]
  const counted = {
    ...(insertId !== undefined && { insertId }),
    ...(numAffectedRows !== undefined && { numAffectedRows }),
  }
  return { rows: rows.map((row) => asBuffers(row as object)) as Row[], ...counted }
}

/**
 * The thread on loan to one transaction, or to one question outside of any. It stays with the thread that it was lent on: when
 * that is lost, the rest of a transaction is refused, and never carried out alone by the next thread.
 */
export class SqliteConnection implements DatabaseConnection {
  readonly #link: SqliteLink
  #transaction: 'none' | 'begin' | 'within' = 'none'

  constructor(link: SqliteLink) {
    this.#link = link
  }

  /** Sent with the first statement: the lock of the file, which all processes want, is not held while this one is busy. */
  begin(): void {
    this.#transaction = 'begin'
  }

  async commit(): Promise<void> {
    if (this.#transaction === 'within') await this.#run('commit', [])
    this.#transaction = 'none'
  }

  /** Never fails: the failure that led here is the one to tell. A thread that cannot undo is ended, and that undoes it. */
  async rollBack(): Promise<void> {
    this.#transaction = 'none'
    await this.#link.ask({ kind: 'roll-back' }).catch(() => this.#link.giveUp('a transaction could not be rolled back'))
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    return resultOf(await this.#run(sql, parameters))
  }

  streamQuery(): never {
    throw new TypeError('cursors are not used')
  }

  async #run(sql: string, parameters: readonly unknown[]): Promise<SqliteAnswer> {
    const transaction = this.#transaction
    if (transaction === 'begin') this.#transaction = 'within'
    try {
      return await this.#link.ask({ kind: 'statement', sql, parameters, transaction })
    } catch (thrown) {
      throw databaseFault(thrown)
    }
  }
}
