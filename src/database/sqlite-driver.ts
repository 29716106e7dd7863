import { createQueryId, sql, type DatabaseConnection, type Driver, type QueryCompiler } from 'kysely'
import { databaseFault } from './fault.ts'
import type { DatabaseLimits } from './limits.ts'
import { whenFree } from './sqlite-busy.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { startSqliteLink, type SqliteLink } from './sqlite-link.ts'
import { createTurn } from './turn.ts'

const ours = (connection: DatabaseConnection): SqliteConnection => {
  if (connection instanceof SqliteConnection) return connection
  throw new TypeError('a connection of another driver')
}

const endedWithin = async (link: SqliteLink, limit: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(new Error('SQLite is held up')), limit)
  })
  await Promise.race([link.ended, late]).finally(() => clearTimeout(timer))
}

/** The thread that answers now: started at the first question, and anew at the first one after it was lost. */
const createLinks = (file: string, limits: DatabaseLimits) => {
  let link: SqliteLink | undefined
  let opened: SqliteLink | undefined
  let isClosed = false

  const start = async (): Promise<SqliteLink> => {
    // Never two at a time: while a disk hangs there would be another one, with its memory, every few seconds.
    if (link?.isLost() === true) await endedWithin(link, limits.connect)
    if (isClosed) throw new Error('the database is closed')
    if (link?.isLost() !== false) link = startSqliteLink(file, limits)
    const current = link
    await whenFree(limits.connect, () => current.ask({ kind: 'open' }))
    return (opened = current)
  }

  return {
    ready: async (): Promise<SqliteLink> => (opened?.isLost() === false ? opened : start()),
    close: async (): Promise<void> => {
      isClosed = true
      await link?.close()
    },
  }
}

type Command = 'savepoint' | 'rollback to' | 'release'

const onSavepoint =
  (command: Command) =>
  async (connection: DatabaseConnection, name: string, compile: QueryCompiler['compileQuery']): Promise<void> => {
    const node = sql`${sql.raw(command)} ${sql.id(name)}`.toOperationNode()
    await connection.executeQuery(compile(node, createQueryId()))
  }

/**
 * Lends one thread to one transaction or question at a time. Whoever waits for it for longer than `limits.connect` is
 * refused, as with a pool: where each waits for another process's lock in turn, the last one would wait for ever.
 */
export const createSqliteDriver = (file: string, limits: DatabaseLimits): Driver => {
  const links = createLinks(file, limits)
  const turn = createTurn(limits.connect)

  const lend = async (): Promise<SqliteConnection> => {
    await turn.take()
    try {
      return new SqliteConnection(await links.ready())
    } catch (thrown) {
      turn.release()
      throw thrown
    }
  }

  return {
    init: () => Promise.resolve(),
    acquireConnection: () =>
      lend().catch((thrown: unknown) => {
        throw databaseFault(thrown)
      }),
    releaseConnection: () => {
      turn.release()
      return Promise.resolve()
    },
    beginTransaction: (connection) => {
      ours(connection).begin()
      return Promise.resolve()
    },
    commitTransaction: (connection) => ours(connection).commit(),
    rollbackTransaction: (connection) => ours(connection).rollBack(),
    savepoint: onSavepoint('savepoint'),
    rollbackToSavepoint: onSavepoint('rollback to'),
    releaseSavepoint: onSavepoint('release'),
    destroy: () => links.close(),
  }
}
