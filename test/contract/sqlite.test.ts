import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { sql, type Kysely } from 'kysely'
import type { DatabaseLimits } from '../../src/database/limits.ts'
import { openDatabase, type Database } from '../../src/database/open.ts'
import { silentLog } from '../../src/lib/log.ts'
import { eventually } from '../kit/instance.ts'
import { startProcess } from '../kit/processes.ts'
import { holdLock } from '../kit/sqlite-lock.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

/** SQLite in its thread: what a process sees of it when all is well, and when nothing is. */

const unavailable = { name: 'Fault', code: 'accounts-unavailable' }
const because = (message: RegExp) => ({ ...unavailable, message })

/** Longer than any test: whatever ends earlier was ended by what the test did. */
const NEVER = 3_600_000

interface Numbers {
  numbers: { value: unknown }
}

const folder = createTempFolder('sqlite').path
const opened: Database[] = []
let count = 0

const openAt = (url: string, limits: Partial<DatabaseLimits> = {}) => {
  const database = openDatabase(url, silentLog, limits)
  opened.push(database)
  const db = database.db as unknown as Kysely<Numbers>
  const values = async () =>
    (await db.selectFrom('numbers').select('value').orderBy('value').execute()).map((row) => row.value)
  const write = (value: unknown) => db.insertInto('numbers').values({ value }).execute()
  return { url, database, db, values, write }
}

/** A database of its own, with the thread that it has got. */
const open = async (limits: Partial<DatabaseLimits> = {}) => {
  const made = openAt(`sqlite:${join(folder, `${(count += 1)}.db`)}`, limits)
  const started = once(process, 'worker') as Promise<[Worker]>
  await sql`create table numbers (value unique)`.execute(made.db)
  const [thread] = await started
  return { ...made, thread }
}

/** Threads of this process, of whatever kind. */
const threads = (): number => readdirSync('/proc/self/task').length

after(() => Promise.all(opened.map((database) => database.close())))

describe('SQLite while another process holds its lock', () => {
  it('E-04: this process goes on; the question waits, and is answered once the lock is free', async () => {
    const { url, write, values } = await open({ lock: NEVER, statement: NEVER })
    const held = await holdLock(url)
    let isWritten = false
    const writing = write(1).then(() => (isWritten = true))
    let ticks = 0
    while (ticks < 100) {
      await pause(1)
      ticks += 1
    }
    assert.equal(isWritten, false)
    await held.release()
    await writing
    assert.deepEqual(await values(), [1])
  })

  it('E-04: for longer than the limit, a write is a fault that keeps the code of SQLite; what is read is answered', async () => {
    const { url, write, values } = await open({ lock: 20 })
    const held = await holdLock(url)
    await assert.rejects(write(1), because(/SQLITE_BUSY/))
    assert.deepEqual(await values(), [])
    await held.release()
    await write(2)
    assert.deepEqual(await values(), [2])
  })

  it('E-04: who waits behind the one that waits is refused when the limit is over', async () => {
    const { url, write, values } = await open({ lock: NEVER, statement: NEVER, connect: 50 })
    const held = await holdLock(url)
    let isWritten = false
    const writing = write(1).then(() => (isWritten = true))
    const others = await Promise.allSettled([write(2), values(), write(3)])
    for (const other of others) {
      assert.ok(other.status === 'rejected')
      assert.match(String(other.reason), /not free within 50 ms/)
      assert.equal((other.reason as { code: string }).code, 'accounts-unavailable')
    }
    assert.equal(isWritten, false)
    await held.release()
    await writing
    assert.deepEqual(await values(), [1])
  })

  it('E-04: a start and a command that find the newest tables wait for nobody', async () => {
    const { url, database } = await open()
    await database.migrate()
    const held = await holdLock(url)
    await openAt(url).database.migrate()
    await held.release()
  })
})

describe('SQLite that does not answer', () => {
  it('E-04: is given up; questions are refused, no thread is added, and it answers again when it can', async () => {
    const { url, write, values } = await open({ lock: NEVER, statement: 4_000, connect: 50 })
    assert.deepEqual(await values(), [])
    const held = await holdLock(url)
    const before = threads()
    await assert.rejects(write(1), because(/did not answer within 4000 ms/))
    for (let each = 0; each < 3; each += 1) await assert.rejects(values(), because(/held up/))
    assert.equal(threads(), before)
    await held.release()
    await eventually(
      () =>
        write(2).then(
          () => true,
          () => false,
        ),
      'it answers again',
    )
    assert.ok((await values()).includes(2))
  })

  it('a thread that dies is a fault for what was asked, and is started anew at the next question', async () => {
    const { url, thread, write, values } = await open({ lock: NEVER, statement: NEVER })
    const held = await holdLock(url)
    const asked = assert.rejects(write(1), because(/the SQLite thread ended/))
    void thread.terminate()
    await held.release()
    await asked
    await write(2)
    assert.ok((await values()).includes(2))
  })

  it('a transaction whose thread dies leaves nothing behind, and its rest is not written by the next thread', async () => {
    const { db, thread, values } = await open()
    const transaction = db.transaction().execute(async (part) => {
      await part.insertInto('numbers').values({ value: 1 }).execute()
      await thread.terminate()
      await part.insertInto('numbers').values({ value: 2 }).execute()
    })
    await assert.rejects(transaction, because(/the SQLite thread ended/))
    assert.deepEqual(await values(), [])
  })
})

describe('values of SQLite', () => {
  it('come back as what they were written as', async () => {
    const { db } = await open()
    const bytes = Buffer.from([0, 1, 255])
    const asked = sql`select ${'Zoé\0'} as text, ${1.5} as real, ${null} as missing, ${bytes} as bytes,
      ${Number.MAX_SAFE_INTEGER} as integer, ${7n} as big, zeroblob(0) as none`
    const { rows } = await asked.execute(db)
    const [row] = rows as Record<string, unknown>[]
    const { MAX_SAFE_INTEGER: integer } = Number
    assert.deepEqual(row, { text: 'Zoé\0', real: 1.5, missing: null, bytes, integer, big: 7, none: Buffer.alloc(0) })
    assert.ok(Buffer.isBuffer(row['bytes']))
  })

  it('count what was changed and name what was inserted, in big integers', async () => {
    const { db, write } = await open()
    assert.equal((await write(1))[0]?.insertId, 1n)
    assert.equal((await write(2))[0]?.numInsertedOrUpdatedRows, 1n)
    assert.equal(
      (await db.updateTable('numbers').set({ value: 3 }).where('value', '>', 2).executeTakeFirst()).numUpdatedRows,
      0n,
    )
    assert.equal((await db.deleteFrom('numbers').executeTakeFirst()).numDeletedRows, 2n)
  })

  it('that it does not take are a fault, with the code of SQLite where it has one, and the next question is answered', async () => {
    const { write, values, db } = await open()
    await write(1)
    await assert.rejects(write(1), because(/SQLITE_CONSTRAINT_UNIQUE/))
    await assert.rejects(sql`select nonsense`.execute(db), because(/SQLITE_ERROR/))
    await assert.rejects(write(true), because(/can only bind/))
    await assert.rejects(write(Symbol('x')), because(/DATA_CLONE_ERR|could not be cloned/))
    assert.deepEqual(await values(), [1])
  })

  it('hold the columns that another process has added meanwhile', async () => {
    const { url, db, write } = await open()
    await write(1)
    const all = () => db.selectFrom('numbers').selectAll().execute()
    assert.deepEqual(await all(), [{ value: 1 }])
    await sql`alter table numbers add column more default 9`.execute(openAt(url).db)
    assert.deepEqual(await all(), [{ value: 1, more: 9 }])
  })
})

describe('transactions of SQLite', () => {
  /** Reads, thinks, writes what it has read and one more. */
  const increment = (db: Kysely<Numbers>) =>
    db.transaction().execute(async (part) => {
      const { value } = await part.selectFrom('numbers').select('value').executeTakeFirstOrThrow()
      for (let tick = 0; tick < 3; tick += 1) await pause(0)
      await part
        .updateTable('numbers')
        .set({ value: Number(value) + 1 })
        .execute()
    })

  it('that fail leave nothing behind', async () => {
    const { db, values } = await open()
    const failing = db.transaction().execute(async (part) => {
      await part.insertInto('numbers').values({ value: 1 }).execute()
      throw new RangeError('changed its mind')
    })
    await assert.rejects(failing, RangeError)
    assert.deepEqual(await values(), [])
    await db.transaction().execute(() => Promise.resolve())
  })

  it('go back to where they were told to', async () => {
    const { db, values } = await open()
    const part = await db.startTransaction().execute()
    await part.insertInto('numbers').values({ value: 1 }).execute()
    const after = await part.savepoint('a "name"').execute()
    await after.insertInto('numbers').values({ value: 2 }).execute()
    const back = await after.rollbackToSavepoint('a "name"').execute()
    await back.insertInto('numbers').values({ value: 3 }).execute()
    await (await back.releaseSavepoint('a "name"').execute()).commit().execute()
    assert.deepEqual(await values(), [1, 3])
  })

  it('of one process do not mix, neither with each other nor with single questions', async () => {
    const { db, write, values } = await open()
    await write(0)
    const seen: unknown[] = []
    const look = async () => seen.push(...(await values()))
    await Promise.all(Array.from({ length: 20 }, () => [increment(db), look()]).flat())
    assert.deepEqual(await values(), [20])
    assert.deepEqual(
      seen,
      Array.from({ length: 20 }, (_, index) => index + 1),
    )
  })

  it('of several processes wait for each other before they read, so that none of them is refused', async () => {
    const { url, db, write, values } = await open({ lock: NEVER, statement: NEVER, connect: NEVER })
    await write(0)
    const other = openAt(url, { lock: NEVER, statement: NEVER, connect: NEVER })
    await Promise.all(Array.from({ length: 20 }, () => [increment(db), increment(other.db)]).flat())
    assert.deepEqual(await values(), [40])
  })

  it('that SQLite has ended by itself do not go on', async () => {
    const { db, write, values } = await open()
    await write(1)
    const ended = db.transaction().execute(async (part) => {
      await part.insertInto('numbers').values({ value: 2 }).execute()
      await assert.rejects(sql`insert or rollback into numbers values (1)`.execute(part), unavailable)
      await part.insertInto('numbers').values({ value: 3 }).execute()
    })
    await assert.rejects(ended, because(/the transaction is over already/))
    assert.deepEqual(await values(), [1])
  })
})

describe('a process with an SQLite database that it never closes', () => {
  const program = resolve('test/fixtures/sqlite-writer.ts')
  const start = (url: string, then: string) => startProcess(process.execPath, [program, url, then])

  it('ends by itself when it has nothing else to do, and when it says so', async () => {
    const { url, values } = await open()
    assert.deepEqual(await start(url, 'idle').ended, { code: 0, signal: null })
    assert.deepEqual(await start(url, 'exit').ended, { code: 0, signal: null })
    assert.deepEqual(await values(), ['exit', 'idle'])
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`has written what it was told was written, when it is ended by ${signal}`, async () => {
      const { url, values } = await open()
      const writer = start(url, 'stay')
      await writer.waitFor(/written/)
      assert.deepEqual(await writer.stop(signal), { code: null, signal })
      assert.deepEqual(await values(), ['stay'])
    })
  }
})
