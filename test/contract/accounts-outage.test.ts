import assert from 'node:assert/strict'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { createSqlDirectory } from '../../src/accounts/sql.ts'
import { openDatabase } from '../../src/database/open.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createAccountBench, hasher, whoHas, zoe } from '../kit/accounts.ts'
import { startPostgres } from '../kit/postgres.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const unavailable = { name: 'Fault', code: 'accounts-unavailable' }

describe('E-04: accounts when the database is away', () => {
  it('stopped: every question is a fault, never an unknown account', async () => {
    const server = await startPostgres()
    const database = openDatabase(server.url, silentLog)
    try {
      await database.migrate()
      const { admin, directory } = createAccountBench(database)
      assert.ok((await admin.add('a', zoe)).ok)
      await server.stop()
      await assert.rejects(whoHas(directory, 'a', zoe.login), unavailable)
      await assert.rejects(directory.findById('a', '00000000-0000-4000-8000-000000000000'), unavailable)
      await assert.rejects(admin.setEmail('a', zoe.login, null), unavailable)
      await assert.rejects(database.ping(), unavailable)
      await assert.rejects(database.migrate(), unavailable)
    } finally {
      await database.close()
      await server.stop()
    }
  })

  it('stopped in the middle of a question: a fault for that one, and the process lives on', async () => {
    const server = await startPostgres()
    const database = openDatabase(server.url, silentLog)
    const asked = sql`select pg_sleep(30)`.execute(database.db)
    const refused = assert.rejects(asked, unavailable)
    await database.ping()
    await server.stop()
    await refused
    await database.close()
  })

  it('frozen: gives up in time, and answers again once the server does', async () => {
    const server = await startPostgres()
    const database = openDatabase(server.url, silentLog, { connect: 300, statement: 200 })
    try {
      await database.migrate()
      const { admin, directory } = createAccountBench(database)
      assert.ok((await admin.add('a', zoe)).ok)
      server.freeze()
      await assert.rejects(whoHas(directory, 'a', zoe.login), unavailable)
      await assert.rejects(whoHas(directory, 'a', zoe.login), unavailable)
      server.thaw()
      assert.equal((await whoHas(directory, 'a', zoe.login))?.name, 'Zoé Œuvrard')
    } finally {
      await database.close()
      await server.stop()
    }
  })

  it('an SQLite folder that does not exist yet: a fault, then an answer once it does', async () => {
    const folder = createTempFolder('accounts')
    const database = openDatabase(`sqlite:${join(folder.path, 'later', 'a.db')}`, silentLog)
    await assert.rejects(whoHas(createSqlDirectory(database, hasher), 'a', 'x'), unavailable)
    await mkdir(join(folder.path, 'later'))
    await database.migrate()
    assert.equal(await whoHas(createSqlDirectory(database, hasher), 'a', 'x'), null)
    await database.close()
    folder[Symbol.dispose]()
  })

  it('an address that is no database is refused without being repeated', () => {
    for (const url of ['mysql://u:secret@h/db', 'sqlite:', 'sqlite::memory:', '/tmp/secret.db']) {
      assert.throws(
        () => openDatabase(url, silentLog),
        (error: Error) => error instanceof TypeError && !error.message.includes('secret'),
      )
    }
  })
})

describe('SQLite file', () => {
  it('is readable by its owner only, with its companions', async () => {
    const folder = createTempFolder('accounts')
    const database = openDatabase(`sqlite:${join(folder.path, 'a.db')}`, silentLog)
    await database.migrate()
    await database.ping()
    const files = await readdir(folder.path)
    assert.ok(files.includes('a.db-wal'))
    for (const file of files) assert.equal((await stat(join(folder.path, file))).mode & 0o077, 0, file)
    await database.close()
    folder[Symbol.dispose]()
  })
})
