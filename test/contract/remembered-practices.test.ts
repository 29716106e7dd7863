import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { createRememberedPractices, type RememberedPractices } from '../../src/accounts/practice-choices.ts'
import type { Database } from '../../src/database/open.ts'
import { Fault } from '../../src/lib/errors.ts'
import { createManualClock } from '../kit/clock.ts'
import { databaseKinds } from '../kit/databases.ts'

const HOSPITAL = {
  ...{ profession: '10', category: 'C', speciality: 'SM36', structureId: 'R9990001' },
  ...{ structure: 'CENTRE HOSPITALIER FICTIF', finess: '990000028' },
}
const OFFICE = { ...HOSPITAL, structureId: '', structure: '', finess: '' }

for (const [kind, useDatabase] of Object.entries(databaseKinds)) {
  describe(`remembered practices in ${kind}`, () => {
    const databases = useDatabase()
    const clock = createManualClock()
    let database: Database
    let practices: RememberedPractices
    before(async () => {
      database = await databases.fresh()
      practices = createRememberedPractices({ db: database.db, clock })
    })

    it('are one for each account and site, the last one chosen', async () => {
      assert.equal(await practices.of('p1', 'onco'), null)
      await practices.remember('p1', 'onco', OFFICE)
      clock.advance(60_000)
      await practices.remember('p1', 'onco', HOSPITAL)
      await practices.remember('p1', 'training', OFFICE)
      await practices.remember('p2', 'onco', OFFICE)
      const since = clock.now()
      const { structure: label } = HOSPITAL
      assert.deepEqual(await practices.of('p1', 'onco'), { practice: '10|C|SM36|R9990001', label, since })
      for (const [account, site] of [
        ['p1', 'training'],
        ['p2', 'onco'],
      ] as const)
        assert.deepEqual(await practices.of(account, site), { practice: '10|C|SM36|', label: '', since })
    })

    it('are forgotten for that account and site alone', async () => {
      await practices.remember('p3', 'onco', HOSPITAL)
      await practices.remember('p3', 'training', HOSPITAL)
      await practices.forget('p3', 'onco')
      await practices.forget('p3', 'onco')
      assert.equal(await practices.of('p3', 'onco'), null)
      assert.notEqual(await practices.of('p3', 'training'), null)
    })

    it('are a fault where the database is away, never an empty answer', async () => {
      await database.db.schema.dropTable('practice_choices').execute()
      await assert.rejects(
        practices.of('p1', 'onco'),
        (thrown) => thrown instanceof Fault && thrown.code === 'accounts-unavailable',
      )
    })
  })
}
