import {
  PostgresDialect,
  type PostgresCursor,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely'
import pg from 'pg'
import type { Log } from '../lib/log.ts'
import { causeOf, databaseFault } from './fault.ts'
import type { DatabaseLimits } from './limits.ts'

/** pg gives 64-bit integers as strings; ours are milliseconds, which a number holds exactly. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(oid, format) as (value: string) => unknown),
}

/**
 * One connection on loan. After a failure that the server itself did not report (silence, a cut), nobody knows what the
 * server still does with it: it is thrown away, so that the next person does not queue behind a dead socket (E-04).
 */
const guardClient = (client: pg.PoolClient): PostgresPoolClient => {
  let lost: Error | undefined
  // A connection that breaks while it is on loan says so as an event too; unheard, that would end the process.
  const onError = (error: Error): void => {
    lost = databaseFault(error)
  }
  client.on('error', onError)
  function query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  function query(sql: unknown, parameters: readonly unknown[] = []): unknown {
    if (typeof sql !== 'string') throw new TypeError('cursors are not used')
    if (lost !== undefined) return Promise.reject(lost)
    return client.query(sql, [...parameters]).catch((thrown: unknown) => {
      const fault = databaseFault(thrown)
      if (!(thrown instanceof pg.DatabaseError)) lost = fault
      throw fault
    })
  }
  const release = (destroy?: boolean): void => {
    client.off('error', onError)
    client.release(destroy === true || lost !== undefined)
  }
  return { query, release }
}

const READ_ONLY = 'set session characteristics as transaction read only'

/** How a database that belongs to somebody else is spoken to: encrypted, and only read. */
export interface ForeignAccess {
  readonly tls: { readonly ca?: string; readonly minVersion: 'TLSv1.2'; readonly rejectUnauthorized: true } | false
}

export const postgresDialect = (
  url: string,
  limits: DatabaseLimits,
  log: Log,
  foreign?: ForeignAccess,
): PostgresDialect => {
  const pool = new pg.Pool({
    connectionString: url,
    ...(foreign === undefined ? {} : { ssl: foreign.tls }),
    application_name: 'portillon',
    max: limits.connections,
    connectionTimeoutMillis: limits.connect,
    statement_timeout: limits.statement,
    // A frozen server does not keep its own promise of a time limit; the gate's limit is a little later.
    query_timeout: limits.statement + 1_000,
    idle_in_transaction_session_timeout: 2 * limits.statement,
    keepAlive: true,
    types,
  })
  // An idle connection that breaks is no request's failure; unheard, this event would end the process.
  pool.on('error', (error) => log.warn({ cause: causeOf(error) }, 'database connection lost'))
  // The first statement of each connection; where it fails, so does the next one.
  if (foreign !== undefined) pool.on('connect', (client) => void client.query(READ_ONLY).catch(() => undefined))
  const guarded: PostgresPool = {
    options: pool.options,
    connect: async () => {
      try {
        return guardClient(await pool.connect())
      } catch (thrown) {
        throw databaseFault(thrown)
      }
    },
    end: () => pool.end(),
  }
  return new PostgresDialect({ pool: guarded })
}
