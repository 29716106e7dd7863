import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AccountDirectory } from '../../src/accounts/directory.ts'
import { createAccountBench, newPassword, whoHas, zoe } from '../kit/accounts.ts'
import { databaseKinds } from '../kit/databases.ts'

/** What the sign-in path may rely on, asked of both databases alike. */

const unavailable = { name: 'Fault', code: 'accounts-unavailable' }

const idOf = async (directory: AccountDirectory, realm: string, login: string): Promise<string> => {
  const account = await whoHas(directory, realm, login)
  assert.ok(account, `${login} should be known in ${realm}`)
  return account.id
}

for (const [name, createDatabases] of Object.entries(databaseKinds)) {
  describe(`accounts in ${name}`, () => {
    const databases = createDatabases()
    const fresh = async () => createAccountBench(await databases.fresh())

    describe('migrations', () => {
      it('are applied once by processes that start together, and again without effect', async () => {
        const url = await databases.address()
        const started = Array.from({ length: 4 }, () => databases.open(url))
        await Promise.all(started.map((database) => database.migrate()))
        const [first] = started
        assert.ok(first)
        const { admin } = createAccountBench(first)
        assert.ok((await admin.add('a', zoe)).ok)
        await first.migrate()
        assert.equal((await admin.list('a')).length, 1)
      })

      it('leave a database alone that a newer version has changed', async () => {
        const database = await databases.fresh()
        const { admin } = createAccountBench(database)
        assert.ok((await admin.add('a', zoe)).ok)
        const ledger = database.db.$extendTables<{ kysely_migration: { name: string; timestamp: string } }>()
        await ledger.insertInto('kysely_migration').values({ name: '9999-later', timestamp: '2027-01-01' }).execute()
        await assert.rejects(database.migrate(), { ...unavailable, message: /newer version \(9999-later\)/ })
        assert.equal((await admin.list('a')).length, 1)
      })
    })

    describe('directory', () => {
      it('finds a login however its letters are written, and gives it back as registered', async () => {
        const { admin, directory } = await fresh()
        assert.ok((await admin.add('a', zoe)).ok)
        const spellings = [zoe.login, 'ZOÉ.ŒUVRARD', 'zoe\u0301.œuvrard', '  Zoé.Œuvrard\t', 'ｚｏé.œｕvrard']
        for (const login of spellings) {
          assert.equal((await whoHas(directory, 'a', login))?.login, 'Zoé.Œuvrard', login)
        }
        for (const login of ['zoe.œuvrard', 'zoé.oeuvrard', 'zoé', '']) {
          assert.equal(await whoHas(directory, 'a', login), null, login)
        }
      })

      it('gives the whole account by login and by id', async () => {
        const { admin, directory } = await fresh()
        const added = await admin.add('a', zoe, newPassword('Muguet 2026'))
        assert.ok(added.ok)
        const id = await idOf(directory, 'a', zoe.login)
        const account = await directory.findById('a', id)
        assert.deepEqual(account, {
          id,
          realm: 'a',
          login: 'Zoé.Œuvrard',
          name: 'Zoé Œuvrard',
          givenName: 'Zoé',
          familyName: 'Œuvrard',
          email: 'zoe.oeuvrard@hopital.example.test',
          nationalId: '899900000011',
          roles: ['medecin', 'rcp'],
          disabled: false,
        })
        assert.deepEqual(await directory.provePassword('a', zoe.login, 'Muguet 2026'), { ok: true, value: account })
        assert.deepEqual(await directory.provePassword('a', zoe.login, 'muguet 2026'), {
          ok: false,
          reason: { cause: 'wrong', account },
        })
      })

      it('never mixes realms', async () => {
        const { admin, directory } = await fresh()
        assert.ok((await admin.add('a', zoe)).ok)
        assert.equal(await whoHas(directory, 'b', zoe.login), null)
        assert.equal(await directory.findById('b', await idOf(directory, 'a', zoe.login)), null)
        const twin = await admin.add('b', { ...zoe, email: 'other@example.test' })
        assert.ok(twin.ok)
        assert.notEqual(await idOf(directory, 'a', zoe.login), await idOf(directory, 'b', zoe.login))
        assert.ok((await admin.disable('b', zoe.login)).ok)
        assert.equal((await whoHas(directory, 'a', zoe.login))?.disabled, false)
        assert.equal((await whoHas(directory, 'b', zoe.login))?.disabled, true)
        assert.deepEqual(await admin.disable('c', zoe.login), { ok: false, reason: 'login-unknown' })
      })

      it('C-18: begins without any account: no name that is tried everywhere opens anything', async () => {
        const { admin, directory } = await fresh()
        assert.deepEqual(await admin.list('a'), [])
        for (const login of ['admin', 'administrator', 'root', 'portillon', 'demo', 'test', 'webdcr'])
          for (const password of [login, 'admin'])
            assert.equal((await directory.provePassword('a', login, password)).ok, false, login)
      })

      it('C-17: reads quotes, operators, wildcards, NUL and 64 kB literally, as a login that nobody has', async () => {
        const { admin, directory } = await fresh()
        assert.ok((await admin.add('a', zoe)).ok)
        const attacks = [
          `' or '1'='1`,
          `zoé.œuvrard' --`,
          `zoé.œuvrard'; drop table accounts; --`,
          '%',
          'zoé.%',
          '_oé.œuvrard',
          '*',
          ')(uid=*',
          '\\2a',
          '$ne',
          '{"$gt":""}',
          '${1}',
          'zoé.œuvrard\0',
          '\0',
          'zoé.\u200bœuvrard',
          'zoé.\ud800œuvrard',
          'zoé.\r\nœuvrard',
          'a'.repeat(65_536),
          '\ufdfa'.repeat(128),
        ]
        for (const login of attacks) {
          assert.equal(await whoHas(directory, 'a', login), null, JSON.stringify(login.slice(0, 40)))
          assert.equal(await whoHas(directory, login.slice(0, 300).replaceAll('\0', ''), 'zoé.œuvrard'), null)
          assert.equal(await directory.findById('a', login), null)
          assert.equal(await admin.show('a', login), null)
        }
        assert.equal((await admin.list('a')).length, 1)
      })

      it('C-17: a login that looks like SQL can be registered and is found as it is', async () => {
        const { admin, directory } = await fresh()
        const login = `o'brien"; drop table accounts; -- % _ \\`
        assert.ok((await admin.add('a', { ...zoe, login })).ok)
        assert.equal((await whoHas(directory, 'a', login))?.login, login)
      })
    })
  })
}
