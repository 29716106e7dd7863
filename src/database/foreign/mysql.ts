import { isIP } from 'node:net'
import { MysqlDialect, type MysqlPool, type MysqlPoolConnection } from 'kysely'
import mysql from 'mysql2'
import { Fault } from '../../lib/errors.ts'
import type { Log } from '../../lib/log.ts'
import { causeOf, databaseFault } from '../fault.ts'
import type { DatabaseLimits } from '../limits.ts'
import type { ForeignAccess } from '../postgres.ts'

type Callback<Value> = (error: unknown, value: Value) => void

/** More questions than this wait for no connection: the server is in trouble. */
const WAITING = 100

/** Said by the server about one statement; anything else leaves it open what the connection is in the middle of. */
const isOfStatement = (thrown: unknown): boolean =>
  typeof thrown === 'object' && thrown !== null && 'sqlState' in thrown && !('fatal' in thrown && thrown.fatal === true)

/** Calls back once: with what comes, or with a fault when nothing comes in time; what comes later goes to `late`. */
const within = <Value>(
  limit: number,
  done: Callback<Value>,
  late: (value: Value | undefined) => void,
): Callback<Value> => {
  let isOver = false
  const timer = setTimeout(() => {
    isOver = true
    done(databaseFault(new Error(`no answer within ${limit} ms`)), undefined as Value)
  }, limit)
  return (error, value) => {
    clearTimeout(timer)
    if (isOver) late(value)
    else done(error === null ? null : databaseFault(error), value)
  }
}

/**
 * One connection on loan. Values are sent apart from the statement (a prepared one), so that no setting of the server, such
 * as how it reads a backslash, can turn one into the other. After silence or a cut the connection is thrown away (E-04).
 */
const guardConnection = (connection: mysql.PoolConnection, { statement }: DatabaseLimits): MysqlPoolConnection => {
  let isLost = false
  const query = (sql: string, values: unknown, done?: Callback<never>) => {
    const answer = within<unknown>(
      statement + 1_000,
      (error, rows) => done?.(error, rows as never),
      () => undefined,
    )
    // Until it answers: a statement that is given up is still under way.
    isLost = true
    connection.execute(sql, values as mysql.ExecuteValues, (error: unknown, rows: unknown) => {
      isLost = error !== null && !isOfStatement(error)
      answer(error, rows)
    })
    return { stream: () => Promise.reject(new TypeError('streams are not used')) as never }
  }
  return {
    config: connection.config,
    threadId: connection.threadId,
    connect: (done) => done?.(null),
    destroy: () => connection.destroy(),
    query,
    release: () => {
      if (isLost) connection.destroy()
      else connection.release()
    },
  }
}

/** Of an address without a name the client would check whether the certificate is for « localhost »: no check at all. */
const demandName = (url: string): void => {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) === 0) return
  throw new Fault('accounts-unavailable', 'a MySQL server is reached under TLS by its name, not by an address')
}

/**
 * A MySQL or MariaDB server of somebody else, which is only read.
 * @throws {Fault} when it is to be reached under TLS by an address
 */
export const mysqlDialect = (url: string, limits: DatabaseLimits, log: Log, { tls }: ForeignAccess): MysqlDialect => {
  if (tls !== false) demandName(url)
  const pool = mysql.createPool({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    charset: 'utf8mb4',
    connectTimeout: limits.connect,
    connectionLimit: limits.connections,
    queueLimit: WAITING,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    // Without `verifyIdentity` the certificate of any other server would do.
    ...(tls === false ? {} : { ssl: { ...tls, verifyIdentity: true } }),
  })
  pool.on('connection', (connection: mysql.PoolConnection) => {
    connection.on('error', (error) => log.warn({ cause: causeOf(error) }, 'database connection lost'))
    connection.query('set session transaction read only', () => undefined)
  })
  const guarded: MysqlPool = {
    getConnection: (done) =>
      pool.getConnection(
        within<mysql.PoolConnection>(
          limits.connect + limits.statement,
          (error, connection) =>
            done(error, error === null ? guardConnection(connection, limits) : (undefined as never)),
          (connection) => connection?.release(),
        ),
      ),
    end: (done) => pool.end(done),
  }
  return new MysqlDialect({ pool: guarded })
}
