import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'node:test'
import { createFactorSecrets } from '../../src/accounts/factor-secret.ts'
import { createFactors, type Factors } from '../../src/accounts/factors.ts'
import { createIdentities, type Identities, type NamedIdentity } from '../../src/accounts/identities.ts'
import { insertRows, newRow } from '../../src/accounts/insert.ts'
import { checkEntry } from '../../src/accounts/entry.ts'
import { createSqlDirectory } from '../../src/accounts/sql.ts'
import type { Account } from '../../src/accounts/directory.ts'
import type { Database } from '../../src/database/open.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createManualClock } from '../kit/clock.ts'
import { databaseKinds } from '../kit/databases.ts'

const NUMBER = '899900000003'
const number = (nationalId = NUMBER): NamedIdentity => ({ kind: 'national-id', nationalId })
const subject = (issuer: string, name = 'person-1'): NamedIdentity => ({ kind: 'subject', issuer, subject: name })

for (const [kind, useDatabase] of Object.entries(databaseKinds)) {
  describe(`identities from outside in ${kind}`, () => {
    const databases = useDatabase()
    const clock = createManualClock()
    const secret = Buffer.alloc(32, 7)
    let database: Database
    let identities: Identities
    let factors: Factors
    let realm = 'r0'
    let count = 0
    const directory = () => createSqlDirectory(database, { verify: () => Promise.resolve(false) })
    before(async () => {
      database = await databases.fresh()
      const key = { current: () => secret, every: () => [secret] }
      const secrets = createFactorSecrets({ key, random: systemRandom })
      const parts = { db: database.db, clock, random: systemRandom, secrets }
      factors = createFactors(parts)
      identities = createIdentities({ ...parts, directory: { findById: (of, id) => directory().findById(of, id) } })
    })
    beforeEach(() => {
      realm = `r${(count += 1)}`
    })
    const add = async (login: string, nationalId = ''): Promise<Account> => {
      const entry = checkEntry({ login, givenName: 'Camille', familyName: 'Exemple', nationalId })
      assert.ok(entry.ok)
      const row = newRow({ realm, entry: entry.value, now: clock.now() }, systemRandom)
      await insertRows(database.db, [row])
      return (await directory().findById(realm, row.id)) ?? assert.fail('the account was not added')
    }
    const disable = (account: Account) =>
      database.db.updateTable('accounts').set({ disabled_at: clock.now() }).where('id', '=', account.id).execute()
    const causeOf = async (identity: NamedIdentity): Promise<string> => {
      const found = await identities.find(realm, identity)
      return found.ok ? found.value.login : found.reason.cause
    }

    it('lead by the registered number to its one open account, in its own realm', async () => {
      await add('c.exemple', NUMBER)
      assert.equal(await causeOf(number()), 'c.exemple')
      assert.equal(await causeOf(number('899900000011')), 'unknown')
      const elsewhere = await identities.find('another-realm', number())
      assert.deepEqual(elsewhere, { ok: false, reason: { cause: 'unknown', account: null } })
    })

    it('K-13: lead nowhere when two open accounts have the number, or the only one is closed', async () => {
      const first = await add('c.exemple', NUMBER)
      const second = await add('c.exemple2', NUMBER)
      assert.equal(await causeOf(number()), 'ambiguous')
      await disable(second)
      assert.equal(await causeOf(number()), 'c.exemple')
      await disable(first)
      assert.equal(await causeOf(number()), 'disabled')
    })

    it('G19: lead to whoever linked them, until they are taken away again', async () => {
      const account = await add('c.exemple')
      assert.equal(await identities.isNamed(account), false)
      const linked = await identities.link(account, number())
      assert.ok(linked.ok && linked.value !== null)
      assert.equal(await causeOf(number()), 'c.exemple')
      assert.equal(await identities.isNamed(account), true)
      assert.equal(await identities.nationalIdOf(account), NUMBER)
      assert.deepEqual(await identities.link(account, number()), { ok: true, value: null })
      await factors.remove(account.id, linked.value.id)
      assert.equal(await causeOf(number()), 'unknown')
      assert.equal(await identities.nationalIdOf(account), null)
    })

    it('G19: are linked to one account alone, however many ask at the same time', async () => {
      const people = await Promise.all(['a.un', 'b.deux', 'c.trois'].map((login) => add(login)))
      const linked = await Promise.all(people.map((person) => identities.link(person, number())))
      assert.equal(linked.filter(({ ok }) => ok).length, 1)
      for (const one of linked) if (!one.ok) assert.equal(one.reason, 'taken')
    })

    it('are not linked when somebody is registered under the number, or the account under another', async () => {
      const registered = await add('a.un', NUMBER)
      const other = await add('b.deux')
      assert.deepEqual(await identities.link(other, number()), { ok: false, reason: 'taken' })
      assert.deepEqual(await identities.link(registered, number('899900000011')), { ok: false, reason: 'other-number' })
      assert.deepEqual(await identities.link(registered, number()), { ok: true, value: null })
      assert.ok((await identities.link(other, number('899900000011'))).ok)
      assert.deepEqual(await identities.link(other, number('899900000029')), { ok: false, reason: 'other-number' })
    })

    it('J-10: of a provider are its issuer and its name for the person together', async () => {
      const [one, two] = [await add('a.un'), await add('b.deux')]
      assert.ok((await identities.link(one, subject('https://a.example.test'))).ok)
      assert.ok((await identities.link(two, subject('https://b.example.test'))).ok)
      assert.equal(await causeOf(subject('https://a.example.test')), 'a.un')
      assert.equal(await causeOf(subject('https://b.example.test')), 'b.deux')
      assert.equal(await causeOf(subject('https://a.example.test', 'person-2')), 'unknown')
      assert.equal(await identities.nationalIdOf(one), null)
    })

    it('do not follow a row that somebody moved to another account in the database', async () => {
      const [one, two] = [await add('a.un'), await add('b.deux')]
      const linked = await identities.link(one, number())
      assert.ok(linked.ok && linked.value !== null)
      await database.db.updateTable('factors').set({ account: two.id }).where('id', '=', linked.value.id).execute()
      await assert.rejects(identities.find(realm, number()), /does not open/)
    })
  })
}
