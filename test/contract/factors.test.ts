import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { createFactorSecrets } from '../../src/accounts/factor-secret.ts'
import { createFactors, type Factors } from '../../src/accounts/factors.ts'
import { createPasskeyCredentials, type PasskeyCredentials } from '../../src/accounts/passkey-credentials.ts'
import type { Database } from '../../src/database/open.ts'
import { Fault } from '../../src/lib/errors.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createManualClock } from '../kit/clock.ts'
import { databaseKinds } from '../kit/databases.ts'

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const keyOf = (secret: Buffer) => ({ current: () => secret, every: () => [secret] })

for (const [kind, useDatabase] of Object.entries(databaseKinds)) {
  describe(`enrolled factors in ${kind}`, () => {
    const databases = useDatabase()
    const clock = createManualClock()
    const key = randomBytes(32)
    let database: Database
    let factors: Factors
    const factorsWith = (secret: Buffer): Factors => {
      const secrets = createFactorSecrets({ key: keyOf(secret), random: systemRandom })
      return createFactors({ db: database.db, clock, random: systemRandom, secrets })
    }
    before(async () => {
      database = await databases.fresh()
      factors = factorsWith(key)
    })
    const application = (account: string) => factors.add(account, { kind: 'totp', label: 'Téléphone', secret: SECRET })

    it('come back as they were added, oldest first, by person and by kind', async () => {
      const first = await factors.add('p1', { kind: 'email', label: 'camille@cabinet.example.test', secret: null })
      clock.advance('1s')
      const second = await application('p1')
      await application('p2')
      assert.deepEqual(await factors.of('p1'), [first, second])
      assert.deepEqual(await factors.of('p1', 'totp'), [second])
      assert.equal(second.secret, SECRET)
      assert.deepEqual(await factors.find('p1', second.id), second)
      assert.equal(await factors.find('p2', second.id), null)
    })

    it('T-19, S-21: are stored so that a dump opens no secret, and none moves to another row', async () => {
      const mine = await application('p3')
      const other = await application('p4')
      const rows = await database.db.selectFrom('factors').selectAll().execute()
      assert.ok(!JSON.stringify(rows).includes(SECRET))
      const foreign = rows.find(({ id }) => id === other.id)?.secret ?? assert.fail()
      await database.db.updateTable('factors').set({ secret: foreign }).where('id', '=', mine.id).execute()
      await assert.rejects(factors.of('p3'), Fault)
      await assert.rejects(factorsWith(randomBytes(32)).of('p4'), Fault)
    })

    it('T-17: give a counter value away once, and no lower one after it, among many who ask at once', async () => {
      const { id } = await application('p5')
      const taken = await Promise.all(Array.from({ length: 20 }, () => factors.claim(id, 100)))
      assert.equal(taken.filter(Boolean).length, 1)
      assert.equal(await factors.claim(id, 99), false)
      assert.equal(await factors.claim(id, 101), true)
      assert.equal((await factors.find('p5', id))?.usedAt, clock.now())
    })

    const credentialsWith = (secret: Buffer): PasskeyCredentials => {
      const secrets = createFactorSecrets({ key: keyOf(secret), random: systemRandom })
      return createPasskeyCredentials({ db: database.db, clock, random: systemRandom, secrets })
    }
    const passkey = (credential: string, counter = 0) => ({ credential, label: 'Portable', secret: SECRET, counter })

    it('find a passkey by its credential, which nobody can enrol a second time, and keep neither readable', async () => {
      const credentials = credentialsWith(key)
      const added = await credentials.add('p9', passkey('first'))
      assert.ok(added !== null)
      assert.deepEqual(await credentials.find('first'), added)
      assert.deepEqual(await factors.of('p9', 'passkey'), [added])
      assert.equal(await credentials.find('second'), null)
      const again = await Promise.all(['p9', 'p10'].map((account) => credentials.add(account, passkey('first'))))
      assert.deepEqual(again, [null, null])
      const both = await Promise.all(['p9', 'p10'].map((account) => credentials.add(account, passkey('third'))))
      assert.equal(both.filter((one) => one !== null).length, 1)
      const rows = await database.db.selectFrom('factors').selectAll().where('kind', '=', 'passkey').execute()
      assert.doesNotMatch(JSON.stringify(rows), new RegExp(`"(?:first|third)"|${SECRET}`))
      await factors.remove('p9', added.id)
      assert.equal(await credentials.find('first'), null)
    })

    it('take the counter of a passkey upwards only, among many who ask at once; 0 stays 0 for those that do not count', async () => {
      const credentials = credentialsWith(key)
      const { id } = (await credentials.add('p11', passkey('counting', 7))) ?? assert.fail()
      const taken = await Promise.all(Array.from({ length: 20 }, () => credentials.countUp(id, 8)))
      assert.equal(taken.filter(Boolean).length, 1)
      assert.equal(await credentials.countUp(id, 7), false)
      assert.equal(await credentials.countUp(id, 0), false)
      assert.equal(await credentials.countUp(id, 9), true)
      assert.equal((await factors.find('p11', id))?.usedAt, clock.now())
      const silent = (await credentials.add('p11', passkey('silent'))) ?? assert.fail()
      assert.equal(await credentials.countUp(silent.id, 0), true)
      assert.equal(await credentials.countUp(silent.id, 0), true)
      assert.equal(await credentials.countUp(silent.id, 1), true)
      assert.equal(await credentials.countUp(silent.id, 0), false)
    })

    it('let one of two writers replace a secret that both have read', async () => {
      const read = await factors.add('p6', { kind: 'recovery-codes', label: '', secret: 'a' })
      const done = await Promise.all([factors.replaceSecret(read, 'b'), factors.replaceSecret(read, 'c')])
      assert.equal(done.filter(Boolean).length, 1)
      assert.equal((await factors.find('p6', read.id))?.secret, done[0] ? 'b' : 'c')
      assert.equal(await factors.replaceSecret(read, 'd'), false)
    })

    it('go once, with the preference for them, and of their own person only', async () => {
      const { id } = await application('p7')
      await factors.prefer('p7', { method: 'email-code', choice: 'registered' })
      await factors.prefer('p7', { method: 'totp', choice: id })
      assert.deepEqual(await factors.preference('p7'), { method: 'totp', choice: id })
      assert.equal(await factors.remove('p8', id), false)
      assert.equal(await factors.remove('p7', id), true)
      assert.equal(await factors.remove('p7', id), false)
      assert.equal(await factors.preference('p7'), null)
      await application('p7')
      await application('p7')
      assert.equal(await factors.removeAll('p7'), 2)
      assert.deepEqual(await factors.of('p7'), [])
    })
  })
}
