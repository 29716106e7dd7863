import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { openDatabase, type Database } from '../../src/database/open.ts'
import { silentLog } from '../../src/lib/log.ts'
import { startPostgres, type PostgresServer } from './postgres.ts'
import { createTempFolder } from './temp-folder.ts'

/** Databases of one kind, each empty at first; what was opened is closed after the suite. */
export interface DatabaseKit {
  /** The address of a database that holds nothing yet. */
  address(): Promise<string>
  open(url: string): Database
  /** An empty database with its tables. */
  fresh(): Promise<Database>
}

const kit = (address: () => Promise<string>): DatabaseKit => {
  const opened: Database[] = []
  const open = (url: string): Database => {
    const database = openDatabase(url, silentLog)
    opened.push(database)
    return database
  }
  after(async () => {
    await Promise.all(opened.map((database) => database.close()))
  })
  return {
    address,
    open,
    fresh: async () => {
      const database = open(await address())
      await database.migrate()
      return database
    },
  }
}

const sqlite = (): DatabaseKit => {
  const folder = createTempFolder('databases')
  let count = 0
  return kit(() => Promise.resolve(`sqlite:${join(folder.path, `${(count += 1)}.db`)}`))
}

const postgres = (): DatabaseKit => {
  let server: PostgresServer | undefined
  before(async () => {
    server = await startPostgres()
  })
  const made = kit(() => {
    assert.ok(server, 'the server is started before the first test')
    return server.addDatabase()
  })
  after(() => server?.stop())
  return made
}

/** Both databases, for suites that ask the same of each: call the value inside the suite's `describe`. */
export const databaseKinds = { SQLite: sqlite, PostgreSQL: postgres } as const
