import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { canonicalText, chainHash, recordOf } from '../../src/audit/canonical.ts'
import { createChain } from '../../src/audit/chain.ts'
import { createEntries } from '../../src/audit/entry.ts'
import type { AuditEvent } from '../../src/audit/events.ts'
import { createAuditTrail } from '../../src/audit/trail.ts'
import type { Database } from '../../src/database/open.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { auditKey, auditRows, dropGuards, flawsOf, forgeFrom, verify, writeTrail } from '../kit/audit.ts'
import { createManualClock } from '../kit/clock.ts'
import { databaseKinds } from '../kit/databases.ts'
import { startProcess } from '../kit/processes.ts'

const OTHER_KEY = auditKey('somebody else’s').current()

const ten: readonly AuditEvent[] = Array.from({ length: 10 }, (_, at) => ({
  event: 'session.started',
  site: 'onco-test',
  login: `person-${at + 1}`,
  session: `s${at + 1}`,
}))

const readChain = ({ db }: Database) => db.selectFrom('audit_chain').selectAll().executeTakeFirstOrThrow()

for (const [name, createDatabases] of Object.entries(databaseKinds)) {
  describe(`the chain of the audit trail in ${name}`, () => {
    const databases = createDatabases()

    /** Ten events, well written, in a table whose guards are gone. */
    const written = async (): Promise<Database> => {
      const database = await databases.fresh()
      await writeTrail(database, ten)
      await dropGuards(database)
      return database
    }

    it('only grows: no hand at the console changes, removes, replaces or puts in an event', async () => {
      const database = await databases.fresh()
      await writeTrail(database, ten)
      const { db } = database
      const isSqlite = name === 'SQLite'
      const attempts = [
        sql`update audit set login = 'nobody' where seq = 3`,
        sql`update audit set seal = seal`,
        sql`delete from audit where seq = 3`,
        sql`delete from audit`,
        isSqlite ? sql`delete from audit where true` : sql`truncate audit`,
        isSqlite ? sql`insert or replace into audit select * from audit where seq = 3` : sql`truncate audit_chain`,
        sql`insert into audit (seq, id, at, event, result, hash, seal) values (0, 'x', 0, 'session.ended', 'success', '', '')`,
        sql`update audit_chain set seq = 5`,
        sql`update audit_chain set first_seq = 0`,
        sql`delete from audit_chain`,
        sql`insert into audit_chain select 2, first_seq, before_first, seq, hash, seal, writes, swept_on from audit_chain`,
      ]
      for (const attempt of attempts) await assert.rejects(attempt.execute(db), { name: 'Fault' })
      const check = await verify(database)
      assert.deepEqual([check.count, check.flawCount], [10, 0])
    })

    it('each event holds the hash of the one before, as the manual says it is computed', async () => {
      const database = await databases.fresh()
      await writeTrail(database, ten)
      let previous = 'portillon-audit-1'
      for (const row of await auditRows(database)) {
        const text = canonicalText(row.seq, recordOf(row))
        assert.equal(row.hash, chainHash(previous, text))
        previous = row.hash
      }
      const [first] = await auditRows(database)
      assert.ok(first)
      assert.equal(
        canonicalText(first.seq, recordOf(first)),
        `{"seq":1,"id":"${first.id}","at":"2026-01-15T09:00:00.000Z","event":"session.started","result":"success","site":"onco-test","login":"person-1","session":"s1"}`,
      )
    })

    it('several processes write one chain, also when one of them is killed in the middle', async () => {
      const address = await databases.address()
      const database = databases.open(address)
      await database.migrate()
      const script = resolve(import.meta.dirname, '../fixtures/audit-writer.ts')
      const writers = ['one', 'two', 'three'].map((word) => startProcess(process.execPath, [script, address, word]))
      await Promise.all(writers.map((writer) => writer.waitFor(/writing/)))
      const eventsOf = async (word: string): Promise<number> => {
        const { count } = await database.db
          .selectFrom('audit')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('site', '=', word)
          .executeTakeFirstOrThrow()
        return count
      }
      const until = async (word: string, count: number) => {
        while ((await eventsOf(word)) < count) await new Promise((soon) => setTimeout(soon, 10))
      }
      await Promise.all(['one', 'two', 'three'].map((word) => until(word, 50)))
      process.kill(writers[0]?.pid ?? 0, 'SIGKILL')
      await writers[0]?.ended
      const [two, three] = [await eventsOf('two'), await eventsOf('three')]
      await Promise.all([until('two', two + 100), until('three', three + 100)])
      for (const writer of writers) await writer.stop('SIGKILL')
      const check = await verify(database)
      assert.deepEqual(flawsOf(check), [])
      assert.ok(check.count > 300)
    })

    it('takes an entry once, however often its write is repeated because the answer was lost', async () => {
      const database = await databases.fresh()
      const newEntry = createEntries(systemRandom)
      const chain = createChain({ database, key: auditKey(), newEntry, log: silentLog })
      const entries = ten.map((event) => newEntry(systemClock.now(), event))
      await chain.append(entries.slice(0, 4))
      assert.equal((await chain.append(entries)).seq, 10)
      assert.equal((await chain.append(entries)).seq, 10)
      assert.deepEqual(
        (await auditRows(database)).map(({ id }) => id),
        entries.map(({ id }) => id),
      )
      assert.deepEqual(flawsOf(await verify(database)), [])
    })

    const TAMPERING: Readonly<Record<string, readonly [(database: Database) => Promise<unknown>, readonly string[]]>> =
      {
        'a changed event': [
          ({ db }) => db.updateTable('audit').set({ login: 'nobody' }).where('seq', '=', 4).execute(),
          ['changed 4'],
        ],
        'a refusal that was made a success': [
          ({ db }) => db.updateTable('audit').set({ result: 'failure' }).where('seq', '=', 4).execute(),
          ['changed 4'],
        ],
        'a changed time': [
          ({ db }) => db.updateTable('audit').set({ at: 0 }).where('seq', '=', 10).execute(),
          ['changed 10'],
        ],
        'a removed event': [({ db }) => db.deleteFrom('audit').where('seq', '=', 4).execute(), ['removed 5']],
        'a removed event whose followers were moved up': [
          async ({ db }) => {
            await db.deleteFrom('audit').where('seq', '=', 8).execute()
            for (const seq of [9, 10])
              await db
                .updateTable('audit')
                .set({ seq: seq - 1 })
                .where('seq', '=', seq)
                .execute()
          },
          ['changed 8', 'changed 9', 'cut-off 9'],
        ],
        'events that changed places': [
          async ({ db }) => {
            for (const [from, to] of [
              [4, 99],
              [5, 4],
              [99, 5],
            ] as const)
              await db.updateTable('audit').set({ seq: to }).where('seq', '=', from).execute()
          },
          ['changed 4', 'changed 5', 'changed 6'],
        ],
        'an event that was put in': [
          async ({ db }) => {
            for (let seq = 10; seq >= 5; seq -= 1)
              await db
                .updateTable('audit')
                .set({ seq: seq + 1 })
                .where('seq', '=', seq)
                .execute()
            const row = await db.selectFrom('audit').selectAll().where('seq', '=', 4).executeTakeFirstOrThrow()
            await db
              .insertInto('audit')
              .values({ ...row, seq: 5, id: 'put-in' })
              .execute()
          },
          [
            'changed 5',
            'changed 6',
            'changed 7',
            'changed 8',
            'changed 9',
            'changed 10',
            'surplus 10',
            'ends-unsealed 10',
          ],
        ],
        'a past that was written anew without a key of the gate': [
          async (database) => {
            await database.db.updateTable('audit').set({ login: 'nobody' }).where('seq', '=', 8).execute()
            await forgeFrom(database, 8, OTHER_KEY)
          },
          ['unsealed 8', 'unsealed 9', 'unsealed 10', 'ends-unsealed 10'],
        ],
        'an end that was cut off': [({ db }) => db.deleteFrom('audit').where('seq', '>', 7).execute(), ['cut-off 7']],
        'an end that was cut off, with the note of it': [
          async ({ db }) => {
            await db.deleteFrom('audit').where('seq', '>', 7).execute()
            const { hash, seal } = await db
              .selectFrom('audit')
              .selectAll()
              .where('seq', '=', 7)
              .executeTakeFirstOrThrow()
            await db.updateTable('audit_chain').set({ seq: 7, hash, seal }).execute()
          },
          ['ends-unsealed 7'],
        ],
        'everything removed': [
          async ({ db }) => {
            await db.deleteFrom('audit').execute()
            await db.updateTable('audit_chain').set({ seq: 0, hash: 'portillon-audit-1' }).execute()
          },
          ['ends-unsealed 0'],
        ],
        'an event behind the end': [
          async ({ db }) => {
            const row = await db.selectFrom('audit').selectAll().where('seq', '=', 10).executeTakeFirstOrThrow()
            await db
              .insertInto('audit')
              .values({ ...row, seq: 11, id: 'behind' })
              .execute()
          },
          ['surplus 10'],
        ],
        'a beginning that no purge removed': [
          async ({ db }) => {
            const { hash } = await db.selectFrom('audit').selectAll().where('seq', '=', 3).executeTakeFirstOrThrow()
            await db.deleteFrom('audit').where('seq', '<=', 3).execute()
            await db.updateTable('audit_chain').set({ first_seq: 4, before_first: hash }).execute()
          },
          ['beginning-unexplained 4', 'ends-unsealed 10'],
        ],
      }
    for (const [what, [tamper, flaws]] of Object.entries(TAMPERING)) {
      it(`verification finds ${what}`, async () => {
        const database = await written()
        await tamper(database)
        const check = await verify(database)
        assert.deepEqual(flawsOf(check), flaws)
        assert.equal(check.flawCount, flaws.length)
      })
    }

    it('the gate that writes behind a forged end goes on, and the chain says so for ever', async () => {
      const database = await written()
      await database.db.deleteFrom('audit').where('seq', '>', 7).execute()
      const { hash } = (await auditRows(database)).at(-1) ?? assert.fail()
      await database.db.updateTable('audit_chain').set({ seq: 7, hash, seal: 'x' }).execute()
      await writeTrail(database, ten.slice(7))
      const rows = await auditRows(database)
      assert.deepEqual(
        rows.slice(7).map(({ event, detail }) => [event, detail]),
        [['audit.broken', 'when writing: the end 7 is not sealed'], ...ten.slice(7).map(({ event }) => [event, null])],
      )
      assert.deepEqual(flawsOf(await verify(database)), ['noticed 8'])
    })

    it('a key that has taken over seals from then on, and the one before is still believed', async () => {
      const database = await databases.fresh()
      await writeTrail(database, ten.slice(0, 5), { key: auditKey('old') })
      await writeTrail(database, ten.slice(5), { key: auditKey('new', 'old') })
      assert.deepEqual(flawsOf(await verify(database, { keys: auditKey('new', 'old').every() })), [])
      const alone = await verify(database, { keys: auditKey('new').every() })
      assert.deepEqual(flawsOf(alone), ['unsealed 1', 'unsealed 2', 'unsealed 3', 'unsealed 4', 'unsealed 5'])
    })

    it('what somebody does who has the keys as well, or a note of before, is found by the log of then alone', async () => {
      const database = await databases.fresh()
      await writeTrail(database, ten.slice(0, 7))
      const before = await readChain(database)
      await writeTrail(database, ten.slice(7))
      const logged = new Map([before, await readChain(database)].map(({ seq, hash }) => [seq, hash]))
      assert.deepEqual(flawsOf(await verify(database, { logged })), [])
      await dropGuards(database)

      await database.db.deleteFrom('audit').where('seq', '>', 7).execute()
      await database.db.updateTable('audit_chain').set(before).execute()
      assert.deepEqual(flawsOf(await verify(database)), [])
      assert.deepEqual(flawsOf(await verify(database, { logged })), ['cut-off 7'])

      await database.db.updateTable('audit').set({ login: 'nobody' }).where('seq', '=', 6).execute()
      await forgeFrom(database, 6, auditKey().current())
      assert.deepEqual(flawsOf(await verify(database)), [])
      assert.deepEqual(flawsOf(await verify(database, { logged })), ['other-than-logged 7', 'cut-off 7'])
    })

    it('a period is verified alone, from the event before it', async () => {
      const database = await written()
      const at = Date.UTC(2026, 0, 15, 9)
      const period = { since: at + 3_000, until: at + 6_000 }
      const check = await verify(database, { period })
      assert.deepEqual([check.first?.seq, check.last?.seq, check.flawCount], [4, 6, 0])
      await database.db.updateTable('audit').set({ login: 'nobody' }).where('seq', 'in', [2, 5]).execute()
      assert.deepEqual(flawsOf(await verify(database, { period })), ['changed 5'])
      const empty = await verify(database, { period: { since: 0, until: 1 } })
      assert.deepEqual([empty.count, empty.flawCount], [0, 0])
    })

    it('an empty chain is whole', async () => {
      const check = await verify(await databases.fresh())
      assert.deepEqual([check.count, check.flawCount], [0, 0])
    })
  })
}

describe('a transaction that hangs in PostgreSQL', () => {
  const databases = databaseKinds.PostgreSQL()

  it('holds up the table alone: events wait in memory and are written when it is gone', async () => {
    const database = await databases.fresh()
    const trail = createAuditTrail(
      { database, key: auditKey(), log: silentLog, clock: createManualClock() },
      { gather: 1, retry: 5 },
    )
    let release = (): void => undefined
    const held = new Promise<void>((done) => (release = done))
    const hanging = database.db.transaction().execute(async (db) => {
      await db.updateTable('audit_chain').set({ writes: 1 }).execute()
      trail.record({ event: 'session.started' })
      await held
    })
    while (trail.figures().waiting === 0) await new Promise((soon) => setTimeout(soon, 5))
    const started = performance.now()
    trail.record({ event: 'session.ended' })
    assert.ok(performance.now() - started < 50)
    assert.equal((await auditRows(database)).length, 0)
    release()
    await hanging
    await trail.close()
    assert.deepEqual(
      (await auditRows(database)).map(({ event }) => event),
      ['session.started', 'session.ended'],
    )
    assert.deepEqual(flawsOf(await verify(database)), [])
  })
})
