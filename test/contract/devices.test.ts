import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'node:test'
import { createDevices, DEVICE_LIFETIME, type Devices, type DeviceSeen } from '../../src/accounts/devices.ts'
import { createFactorSecrets } from '../../src/accounts/factor-secret.ts'
import { createFactors } from '../../src/accounts/factors.ts'
import type { Database } from '../../src/database/open.ts'
import { Fault } from '../../src/lib/errors.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createManualClock } from '../kit/clock.ts'
import { databaseKinds } from '../kit/databases.ts'

const DAY = 86_400_000

for (const [kind, useDatabase] of Object.entries(databaseKinds)) {
  describe(`known and remembered devices in ${kind}`, () => {
    const databases = useDatabase()
    const clock = createManualClock()
    let database: Database
    let devices: Devices
    let person = 'p0'
    let count = 0
    const seen = (fields: Partial<DeviceSeen> = {}): DeviceSeen => ({
      account: person,
      site: 'onco-test',
      secret: undefined,
      label: 'Firefox, Windows',
      address: '192.0.2.10',
      remember: null,
      ...fields,
    })
    const remember = (days = 30) => ({ way: 'application', until: clock.now() + days * DAY })
    before(async () => {
      database = await databases.fresh()
      devices = createDevices({ db: database.db, clock, random: systemRandom })
    })
    beforeEach(() => {
      person = `p${(count += 1)}`
    })

    it('R30: the first one of an account is no news, the next one is, and one that comes again is not', async () => {
      const first = await devices.welcome(seen())
      assert.equal(first.isNew, false)
      assert.deepEqual(await devices.welcome(seen({ secret: first.secret })), { secret: first.secret, isNew: false })
      const second = await devices.welcome(seen({ label: 'Safari, iOS' }))
      assert.equal(second.isNew, true)
      assert.notEqual(second.secret, first.secret)
      assert.equal(await devices.isKnown(person, first.secret), true)
      assert.equal(await devices.isKnown(person, second.secret), true)
    })

    it('knows nobody by another person’s browser, by nothing, or by what is no secret of ours', async () => {
      const { secret } = await devices.welcome(seen())
      for (const given of [undefined, '', 'x'.repeat(43), "' or 1=1 --", `${secret}=`, secret.slice(1)])
        assert.equal(await devices.isKnown(person, given), false, given)
      assert.equal(await devices.isKnown('somebody-else', secret), false)
    })

    it('keeps no secret: a dump of the table opens nothing (S-21)', async () => {
      const { secret } = await devices.welcome(seen({ remember: remember() }))
      const rows = await database.db.selectFrom('devices').selectAll().where('account', '=', person).execute()
      assert.equal(rows.length, 1)
      assert.ok(!JSON.stringify(rows).includes(secret))
    })

    it('S-01: a browser gets another secret when somebody new signs in, or is remembered: what was noted before is worthless', async () => {
      const other = `${person}-other`
      const theirs = await devices.welcome(seen({ account: other, remember: remember() }))
      const mine = await devices.welcome(seen({ secret: theirs.secret }))
      assert.notEqual(mine.secret, theirs.secret)
      const remembered = await devices.welcome(seen({ secret: mine.secret, remember: remember() }))
      assert.notEqual(remembered.secret, mine.secret)
      assert.equal(await devices.isKnown(person, mine.secret), false)
      assert.equal(await devices.remembrance(person, theirs.secret), null)
      assert.equal((await devices.remembrance(other, remembered.secret))?.way, 'application', 'the other keeps theirs')
    })

    it('R25: remembers until its day, lists it with device, place and dates, and ends it, one or all', async () => {
      const since = clock.now()
      const one = await devices.welcome(seen({ remember: remember(30) }))
      clock.advance('1h')
      const two = await devices.welcome(seen({ label: 'Edge, Windows', address: '192.0.2.20', remember: remember(2) }))
      const plain = await devices.welcome(seen())
      assert.equal(await devices.remembrance(person, plain.secret), null)
      assert.deepEqual(await devices.remembrance(person, one.secret), {
        way: 'application',
        since,
        until: since + 30 * DAY,
      })
      const listed = await devices.remembered(person)
      assert.deepEqual(
        listed.map(({ label, address }) => [label, address]),
        [
          ['Edge, Windows', '192.0.2.20'],
          ['Firefox, Windows', '192.0.2.10'],
        ],
      )
      clock.advance('2d')
      assert.equal(await devices.remembrance(person, two.secret), null)
      assert.equal((await devices.remembered(person)).length, 1)
      assert.equal(await devices.endRemembrance('somebody-else', listed[1]?.id), 0)
      assert.equal(await devices.endRemembrance(person, listed[1]?.id), 1)
      assert.equal(await devices.remembrance(person, one.secret), null)
      assert.equal(await devices.isKnown(person, one.secret), true, 'it is still no stranger')
      await devices.welcome(seen({ secret: one.secret, remember: remember() }))
      await devices.welcome(seen({ remember: remember() }))
      assert.ok((await devices.endRemembrance(person)) >= 2)
      assert.deepEqual(await devices.remembered(person), [])
    })

    it('R25: a factor that is added or removed ends what is remembered', async () => {
      const key = Buffer.alloc(32, 7)
      const secrets = createFactorSecrets({ key: { current: () => key, every: () => [key] }, random: systemRandom })
      const factors = createFactors({ db: database.db, clock, random: systemRandom, secrets })
      const { secret } = await devices.welcome(seen({ remember: remember() }))
      const factor = await factors.add(person, { kind: 'email', label: 'a@example.test', secret: null })
      assert.equal(await devices.remembrance(person, secret), null)
      const again = await devices.welcome(seen({ secret, remember: remember() }))
      await factors.remove(person, factor.id)
      assert.equal(await devices.remembrance(person, again.secret), null)
    })

    it('forgets all, and the next one is news all the same', async () => {
      const { secret } = await devices.welcome(seen({ remember: remember() }))
      assert.equal(await devices.forget(person), 1)
      assert.equal(await devices.isKnown(person, secret), false)
      assert.equal((await devices.welcome(seen({ secret }))).isNew, true)
      assert.equal(await devices.forget('nobody'), 0)
    })

    it('keeps twenty devices of an account, those that were seen last', async () => {
      const secrets: string[] = []
      for (let round = 0; round < 22; round += 1) {
        clock.advance('1s')
        secrets.push((await devices.welcome(seen())).secret)
      }
      const known = await Promise.all(secrets.map((secret) => devices.isKnown(person, secret)))
      assert.deepEqual(known, [false, false, ...Array.from({ length: 20 }, () => true)])
    })

    it('removes what was not seen for longer than a browser keeps a cookie', async () => {
      const { secret } = await devices.welcome(seen())
      clock.advance(DEVICE_LIFETIME + 1)
      assert.equal(await devices.isKnown(person, secret), false)
      await devices.welcome(seen({ account: 'sweeper' }))
      const rows = await database.db.selectFrom('devices').selectAll().where('account', '=', person).execute()
      assert.deepEqual(rows, [])
    })

    it('two tabs of one browser that finish at once are one device', async () => {
      const { secret } = await devices.welcome(seen())
      const both = await Promise.all([devices.welcome(seen({ secret })), devices.welcome(seen({ secret }))])
      assert.deepEqual(
        both.map(({ isNew }) => isNew),
        [false, false],
      )
      const rows = await database.db.selectFrom('devices').select('id').where('account', '=', person).execute()
      assert.equal(rows.length, 1)
    })

    it('is a fault when the database is away, never an unknown device', async () => {
      const gone = await databases.fresh()
      const away = createDevices({ db: gone.db, clock, random: systemRandom })
      await gone.db.schema.dropTable('devices').execute()
      await assert.rejects(
        away.isKnown(person, 'x'.repeat(43)),
        (thrown) => thrown instanceof Fault && thrown.code === 'accounts-unavailable',
      )
    })
  })
}
