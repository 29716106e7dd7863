import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createOwnPasswords, type PasswordHolder } from '../../src/accounts/own-passwords.ts'
import { siteSchema, type SiteFile } from '../../src/policy/schema.ts'
import { createAccountBench, hasher, newPassword, zoe } from '../kit/accounts.ts'
import { databaseKinds } from '../kit/databases.ts'
import { siteFile } from '../kit/sign-in.ts'

/** How people change their own passwords, asked of both databases alike. */

const siteWith = (password: SiteFile['password']) => siteSchema.parse(siteFile({ password }))
const site = siteWith({})
const FIRST = 'Muguet blanc 2026'
const SECOND = 'Jonquille jaune 2027'
const THIRD = 'Pervenche bleue 2028'

for (const [name, createDatabases] of Object.entries(databaseKinds)) {
  describe(`people's own passwords in ${name}`, () => {
    const databases = createDatabases()
    const begin = async (fields: Parameters<typeof newPassword>[1] = {}) => {
      const database = await databases.fresh()
      const bench = createAccountBench(database)
      const added = await bench.admin.add('a', zoe, newPassword(FIRST, { site, ...fields }))
      assert.ok(added.ok)
      const own = createOwnPasswords(database.db, { hasher, clock: bench.clock })
      const holder = async (): Promise<PasswordHolder> =>
        (await own.findByLogin('a', zoe.login)) ?? assert.fail('the account is not there')
      const proves = async (password: string): Promise<boolean> =>
        (await bench.directory.provePassword('a', zoe.login, password)).ok
      const history = () => database.db.selectFrom('password_history').selectAll().execute()
      return { ...bench, own, holder, proves, history }
    }

    it('replaces a password by one that meets the rules, and says since when it is in force', async () => {
      const { own, holder, proves, clock } = await begin({ mustChange: true })
      const before = await holder()
      assert.deepEqual([before.account.login, before.passwordMustChange], [zoe.login, true])
      clock.advance('1h')
      const replaced = await own.replace(before, SECOND, site)
      assert.ok(replaced.ok)
      assert.deepEqual([replaced.value.passwordSetAt, replaced.value.passwordMustChange], [clock.now(), false])
      assert.deepEqual(await holder(), replaced.value)
      assert.deepEqual([await proves(FIRST), await proves(SECOND)], [false, true])
    })

    it('finds people by login in any spelling and by id, in their own realm only', async () => {
      const { own, holder } = await begin()
      const { account } = await holder()
      assert.equal((await own.findByLogin('a', ' ZOE\u0301.ŒUVRARD '))?.account.id, account.id)
      assert.equal((await own.findById('a', account.id))?.account.id, account.id)
      assert.equal(await own.findByLogin('b', zoe.login), null)
      assert.equal(await own.findById('b', account.id), null)
      assert.equal(await own.findByLogin('a', `${zoe.login}' or '1'='1`), null)
    })

    it('C-13: changes nothing for a password that the rules refuse', async () => {
      const { own, holder, proves } = await begin()
      assert.deepEqual(await own.replace(await holder(), 'court', site), {
        ok: false,
        reason: { reason: 'unmet', rules: ['length'] },
      })
      assert.deepEqual(await own.replace(await holder(), 'Zoe.Oeuvrard', site), {
        ok: false,
        reason: { reason: 'unmet', rules: ['names'] },
      })
      assert.ok(await proves(FIRST))
    })

    it('refuses the present password, and as many former ones as the site says', async () => {
      const { own, holder, clock, history } = await begin()
      const remembering = siteWith({ history: 1 })
      const replace = async (password: string) => {
        clock.advance('1d')
        const replaced = await own.replace(await holder(), password, remembering)
        return replaced.ok ? 'replaced' : replaced.reason.reason
      }
      assert.equal(await replace(FIRST), 'same')
      assert.equal(await replace(SECOND), 'replaced')
      assert.equal(await replace(FIRST), 'former')
      assert.equal(await replace(THIRD), 'replaced')
      assert.equal((await history()).length, 1)
      assert.equal(await replace(SECOND), 'former')
      assert.equal(await replace(FIRST), 'replaced')
      assert.doesNotMatch(JSON.stringify(await history()), /Muguet|Jonquille|Pervenche/)
      await own.replace(await holder(), SECOND, site)
      assert.deepEqual(await history(), [], 'a site that refuses none keeps none')
    })

    it('counts passwords that an operator has set among the former ones', async () => {
      const { own, holder, admin, clock } = await begin()
      const remembering = siteWith({ history: 3 })
      clock.advance('1d')
      assert.ok(
        (await admin.setPassword('a', zoe.login, newPassword(SECOND, { site: remembering, mustChange: true }))).ok,
      )
      const refused = await own.replace(await holder(), FIRST, remembering)
      assert.deepEqual(refused, { ok: false, reason: { reason: 'former' } })
    })

    it('lets one of many win who change at once, and nobody whose password was changed or account closed meanwhile', async () => {
      const { own, holder, admin, proves } = await begin()
      const before = await holder()
      const wishes = Array.from({ length: 4 }, (_, at) => `Pervenche bleue n° ${at}`)
      const results = await Promise.all(wishes.map((wish) => own.replace(before, wish, site)))
      assert.equal(results.filter((result) => result.ok).length, 1)
      assert.ok(await proves(wishes[results.findIndex((result) => result.ok)] ?? ''))
      assert.deepEqual(await own.replace(before, SECOND, site), { ok: false, reason: { reason: 'outdated' } })
      const open = await holder()
      assert.ok((await admin.disable('a', zoe.login)).ok)
      assert.deepEqual(await own.replace(open, SECOND, site), { ok: false, reason: { reason: 'outdated' } })
    })

    it('gives a first password to somebody who has none', async () => {
      const { own, admin, directory } = await begin()
      assert.ok((await admin.add('a', { ...zoe, login: 'new.one' })).ok)
      const holder = (await own.findByLogin('a', 'new.one')) ?? assert.fail()
      assert.equal(holder.passwordSetAt, null)
      assert.ok((await own.replace(holder, SECOND, site)).ok)
      assert.ok((await directory.provePassword('a', 'new.one', SECOND)).ok)
    })

    it('C-12: takes a password as it is typed, to the last of many bytes', async () => {
      const { own, holder, proves } = await begin()
      const typed = `  Ô déjà-vu 🌼 ${'lentement '.repeat(11)} `
      assert.ok((await own.replace(await holder(), typed, site)).ok)
      assert.ok(await proves(typed))
      assert.ok(await proves(typed.normalize('NFD')), 'a Mac and a PC type the same')
      assert.equal(await proves(typed.trim()), false)
      assert.equal(await proves(`${typed.slice(0, -2)}! `), false)
    })
  })
}
