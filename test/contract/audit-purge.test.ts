import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAuditTrail } from '../../src/audit/trail.ts'
import { purge } from '../../src/audit/purge.ts'
import type { Database } from '../../src/database/open.ts'
import { silentLog } from '../../src/lib/log.ts'
import { auditKey, auditRows, dropGuards, flawsOf, verify } from '../kit/audit.ts'
import { createManualClock } from '../kit/clock.ts'
import { databaseKinds } from '../kit/databases.ts'

const key = auditKey()

/** One event at each of these moments, in this order. */
const writeAt = async (database: Database, moments: readonly string[]): Promise<void> => {
  const clock = createManualClock()
  const trail = createAuditTrail({ database, key, log: silentLog, clock })
  for (const moment of moments) {
    clock.set(moment)
    trail.record({ event: 'session.started', session: moment })
  }
  await trail.close()
}

const purgeAt = (database: Database, moment: string, months = 12): Promise<void> =>
  purge({ database, key, log: silentLog, clock: createManualClock(moment) }, months)

const kept = async (database: Database): Promise<string[]> =>
  (await auditRows(database)).map(({ event, session }) => session ?? event)

for (const [name, createDatabases] of Object.entries(databaseKinds)) {
  describe(`the purge of the audit trail in ${name}`, () => {
    const databases = createDatabases()

    it('removes what is older than so many months of Paris, once a day, and leaves a chain that is whole', async () => {
      const database = await databases.fresh()
      const old = ['2024-11-30T09:00:00Z', '2025-01-14T22:59:59Z']
      const young = ['2025-01-14T23:00:00Z', '2025-06-01T09:00:00Z', '2026-01-14T09:00:00Z']
      await writeAt(database, [...old, ...young])
      const before = await auditRows(database)
      await Promise.all([purgeAt(database, '2026-01-15T09:00:00Z'), purgeAt(database, '2026-01-15T09:00:00Z')])
      assert.deepEqual(await kept(database), [...young, 'audit.purged'])
      const rows = await auditRows(database)
      assert.deepEqual(
        rows.map(({ seq }) => seq),
        [3, 4, 5, 6],
      )
      assert.equal(rows.at(-1)?.detail, `events 1 to 2, older than 2025-01-15; hash of the last: ${before[1]?.hash}`)
      assert.deepEqual(flawsOf(await verify(database)), [])

      // A younger limit on the same day waits for the next one.
      await purgeAt(database, '2026-01-15T20:00:00Z', 1)
      assert.equal((await kept(database)).length, 4)
      await purgeAt(database, '2026-01-16T09:00:00Z', 1)
      assert.deepEqual(await kept(database), ['2026-01-14T09:00:00Z', 'audit.purged', 'audit.purged'])
      await writeAt(database, ['2026-01-16T10:00:00Z'])
      assert.deepEqual(flawsOf(await verify(database)), [])
    })

    it('removes nothing, and writes nothing, when nothing is old enough', async () => {
      const database = await databases.fresh()
      await purgeAt(database, '2026-01-14T09:00:00Z')
      await writeAt(database, ['2025-06-01T09:00:00Z'])
      await purgeAt(database, '2026-01-15T09:00:00Z')
      assert.deepEqual(await kept(database), ['2025-06-01T09:00:00Z'])
    })

    it('leaves its own note when everything was too old', async () => {
      const database = await databases.fresh()
      await writeAt(database, ['2024-01-01T09:00:00Z', '2024-01-02T09:00:00Z'])
      await purgeAt(database, '2026-01-15T09:00:00Z')
      assert.deepEqual(await kept(database), ['audit.purged'])
      assert.deepEqual(flawsOf(await verify(database)), [])
    })

    it('never removes a young event, whatever the clocks of those who wrote were', async () => {
      const database = await databases.fresh()
      const back = '1970-01-01T00:00:00Z'
      const ahead = '2099-01-01T00:00:00Z'
      await writeAt(database, ['2024-01-01T09:00:00Z', ahead, '2024-01-02T09:00:00Z', '2025-06-01T09:00:00Z', back])
      await purgeAt(database, '2026-01-15T09:00:00Z')
      assert.deepEqual(await kept(database), ['2025-06-01T09:00:00Z', back, 'audit.purged'])
      assert.deepEqual(flawsOf(await verify(database)), [])
    })

    it('ends on the next day what a process left that was killed in the middle', async () => {
      const database = await databases.fresh()
      await writeAt(database, ['2024-01-01T09:00:00Z', '2024-01-02T09:00:00Z', '2025-06-01T09:00:00Z'])
      const killed: Pick<Database, 'db'> = {
        db: new Proxy(database.db, {
          get: (db, property) => {
            if (property === 'deleteFrom') throw new Error('killed')
            const value: unknown = Reflect.get(db, property)
            return typeof value === 'function' ? (value.bind(db) as unknown) : value
          },
        }),
      }
      const at = '2026-01-15T09:00:00Z'
      await assert.rejects(purge({ database: killed, key, log: silentLog, clock: createManualClock(at) }, 12), /killed/)
      assert.equal((await kept(database)).length, 4)
      assert.deepEqual(flawsOf(await verify(database)), [])
      await purgeAt(database, '2026-01-16T09:00:00Z')
      assert.deepEqual(await kept(database), ['2025-06-01T09:00:00Z', 'audit.purged'])
      assert.deepEqual(flawsOf(await verify(database)), [])
    })

    it('hides nothing: more removed than a purge says is found', async () => {
      const database = await databases.fresh()
      await writeAt(database, ['2024-01-01T09:00:00Z', '2025-06-01T09:00:00Z', '2025-06-02T09:00:00Z'])
      await purgeAt(database, '2026-01-15T09:00:00Z')
      await dropGuards(database)
      const { hash } = (await auditRows(database))[0] ?? assert.fail()
      await database.db.deleteFrom('audit').where('seq', '=', 2).execute()
      assert.deepEqual(flawsOf(await verify(database)), ['removed 3'])
      await database.db.updateTable('audit_chain').set({ first_seq: 3, before_first: hash }).execute()
      assert.deepEqual(flawsOf(await verify(database)), ['beginning-unexplained 3', 'ends-unsealed 4'])
    })
  })
}
