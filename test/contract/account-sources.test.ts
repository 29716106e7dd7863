import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeHeaderValue } from '../../src/identity/header-value.ts'
import { isLinked, REALM, sourceKinds, type SourcePerson } from '../kit/account-sources.ts'
import { describeLinkedAccounts } from './linked-accounts.ts'

/** What the sign-in path may rely on, asked of every place where accounts can live. */

const ZOE: SourcePerson = {
  login: 'Zoé.Œuvrard',
  password: 'Muguet 2026',
  givenName: 'Zoé',
  familyName: 'Œuvrard',
  email: 'zoe.oeuvrard@hopital.example.test',
  rpps: '99900000011',
  roles: ['medecin', 'rcp'],
}
const WRONG = 'Muguet 2027'

/** What people could type to be taken for somebody, or to break something. */
const ATTACKS = [
  '*',
  'Zoé*',
  ')(uid=*',
  'Zoé.Œuvrard)(objectClass=*',
  '*)(|(uid=*',
  '\\2a',
  'Zoé\\2eŒuvrard',
  '\\',
  'uid=Zoé.Œuvrard',
  'Zoé.Œuvrard\0',
  '\0',
  '%',
  'zoé.%',
  '_oé.Œuvrard',
  `' or '1'='1`,
  `Zoé.Œuvrard' -- `,
  `x'; drop table accounts; --`,
  `\\' or 1=1 -- `,
  '{"$gt":""}',
  '${1}',
  'Zoé.\r\nŒuvrard',
  'Zoé.\u200bŒuvrard',
  'Zoé.\ud800Œuvrard',
  'zoe.oeuvrard',
  'Zoe.Œuvrard',
  '漢字',
  '🌼',
  'a'.repeat(65_536),
  '\ufdfa'.repeat(128),
  '',
]

for (const [name, createKit] of Object.entries(sourceKinds)) {
  describe(`accounts in ${name}`, () => {
    const kit = createKit()

    it('lets in whoever has the password, however the login is written, and says who that is', async () => {
      const { directory } = await kit.fresh(ZOE)
      const proven = await directory.provePassword(REALM, ZOE.login, ZOE.password)
      assert.ok(proven.ok, JSON.stringify(proven))
      const { id, ...account } = proven.value
      assert.deepEqual(account, {
        realm: REALM,
        login: 'Zoé.Œuvrard',
        name: 'Zoé Œuvrard',
        givenName: 'Zoé',
        familyName: 'Œuvrard',
        email: 'zoe.oeuvrard@hopital.example.test',
        nationalId: '899900000011',
        roles: ['medecin', 'rcp'],
        disabled: false,
      })
      assert.match(id, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assert.deepEqual(await directory.findById(REALM, id), proven.value)
      for (const login of ['ZOÉ.ŒUVRARD', 'zoé.œuvrard', 'Zoe\u0301.Œuvrard', '  Zoé.Œuvrard ']) {
        const again = await directory.provePassword(REALM, login, ZOE.password)
        assert.equal(again.ok && again.value.id, id, JSON.stringify(login))
      }
    })

    it('tells the trail, and the trail alone, why somebody is not let in', async () => {
      const bench = await kit.fresh(ZOE)
      const { directory } = bench
      const first = await directory.provePassword(REALM, ZOE.login, ZOE.password)
      assert.ok(first.ok)
      const causeOf = async (login: string, password: string) => {
        const proven = await directory.provePassword(REALM, login, password)
        return proven.ok ? 'none' : [proven.reason.cause, proven.reason.account?.id]
      }
      assert.deepEqual(await causeOf(ZOE.login, WRONG), ['wrong', first.value.id])
      assert.deepEqual(await causeOf(ZOE.login, ''), ['wrong', first.value.id])
      assert.deepEqual(await causeOf('nobody', ZOE.password), ['unknown', undefined])
      await bench.close(ZOE.login)
      const [cause, account] = await causeOf(ZOE.login, ZOE.password)
      assert.match(String(cause), /^(?:disabled|wrong)$/, 'a directory may say no more than no')
      assert.equal(account, first.value.id)
      assert.deepEqual(await causeOf(ZOE.login, WRONG), ['wrong', first.value.id])
      await bench.reopen(ZOE.login)
      assert.equal(await causeOf(ZOE.login, ZOE.password), 'none')
    })

    it('C-12: takes the password as typed: long, blanks at the ends, emoji, a different 73rd byte, composed or not', async () => {
      const pairs = [
        ['a'.repeat(128), 'a'.repeat(127)],
        [' Muguet 2026 ', 'Muguet 2026'],
        ['Muguet🌼2026', 'Muguet🌻2026'],
        [`${'a'.repeat(72)}b`, `${'a'.repeat(72)}c`],
        ['MUGUET', 'muguet'],
        ['*', 'x'],
        ['Clé-été', 'Cle-ete'],
        [`'"\\{}$%`, `'"\\{}$`],
      ] as const
      const people = pairs.map(([password], at) => ({ login: `person.${at}`, password }))
      const { directory } = await kit.fresh(...people)
      const isRight = async (at: number, password: string) =>
        (await directory.provePassword(REALM, `person.${at}`, password)).ok
      // Twice: a source may check the second time against something else than the first.
      for (const round of ['first', 'second']) {
        await Promise.all(
          pairs.map(async ([password, other], at) => {
            assert.equal(await isRight(at, other), false, `${round} ${other}`)
            assert.equal(await isRight(at, password), true, `${round} ${password}`)
          }),
        )
      }
      assert.equal(await isRight(6, 'Cle\u0301-e\u0301te\u0301'), true)
    })

    it('C-17: reads wildcards, filters, quotes, operators, NUL and 64 kB literally, as a login that nobody has', async () => {
      const { directory, database } = await kit.fresh(ZOE)
      const answers = await Promise.all(ATTACKS.map((login) => directory.provePassword(REALM, login, ZOE.password)))
      for (const [at, answer] of answers.entries()) {
        const expected = { ok: false, reason: { cause: 'unknown', account: null } }
        assert.deepEqual(answer, expected, JSON.stringify(ATTACKS[at]?.slice(0, 40)))
      }
      for (const id of ['*', `' or '1'='1`, '\0', 'a'.repeat(65_536)]) {
        assert.equal(await directory.findById(REALM, id), null)
      }
      assert.ok((await directory.provePassword(REALM, ZOE.login, ZOE.password)).ok)
      const rows = await database.db.selectFrom('accounts').select('login').execute()
      assert.deepEqual(rows, [{ login: ZOE.login }])
    })

    it('C-17: a login that looks like a filter or like SQL is a login like any other', async () => {
      const logins = [`o'brien"; drop table accounts; -- % _ \\`, 'a*(b)c', '#cn=x,dc=y+z']
      const { directory } = await kit.fresh(...logins.map((login) => ({ login, password: 'x1' })))
      for (const login of logins) {
        const proven = await directory.provePassword(REALM, login, 'x1')
        assert.equal(proven.ok && proven.value.login, login)
      }
    })

    it('H-15: control characters in what it says of a person never reach a header', async () => {
      const nasty = 'Œuvrard\r\nX-Remote-User:\tadmin\u0085\u2028\u202e'
      const person = {
        ...ZOE,
        givenName: 'Zoé\n',
        familyName: nasty,
        name: `Zoé ${nasty}`,
        email: 'zoe@example.test\r\nBcc: everybody@example.test',
        roles: ['medecin', 'rcp\nadmin'],
      }
      if (kit.server === null) {
        // Nobody can write them into the gate's own tables.
        await assert.rejects(kit.fresh(person), /malformed/)
        return
      }
      const { directory } = await kit.fresh(person)
      const proven = await directory.provePassword(REALM, ZOE.login, ZOE.password)
      assert.ok(proven.ok)
      const { name: shown, givenName, familyName, email, roles } = proven.value
      assert.deepEqual(
        { shown, givenName, familyName, email, roles },
        {
          shown: 'Zoé Œuvrard X-Remote-User: admin',
          givenName: 'Zoé',
          familyName: 'Œuvrard X-Remote-User: admin',
          email: null,
          roles: ['medecin'],
        },
      )
      for (const encoding of ['percent-utf8', 'utf8', 'latin1'] as const)
        for (const text of [shown, givenName, familyName])
          assert.doesNotMatch(encodeHeaderValue(text, encoding), /[\r\n\t]/)
    })

    it('keeps the people of two realms apart', async () => {
      const { directory } = await kit.fresh(ZOE)
      const here = await directory.provePassword(REALM, ZOE.login, ZOE.password)
      assert.ok(here.ok)
      assert.equal(await directory.findById('b', here.value.id), null)
      const there = await directory.provePassword('b', ZOE.login, ZOE.password)
      if (there.ok) assert.notEqual(there.value.id, here.value.id)
      else assert.equal(kit.server, null, 'the gate’s own accounts belong to one realm')
    })

    if (isLinked(kit)) describeLinkedAccounts(kit)

    it(
      'E-04: a server that is frozen or gone is a fault in good time, never somebody unknown',
      { timeout: 60_000 },
      async () => {
        if (kit.server === null) return
        const { directory } = await kit.fresh(ZOE)
        const first = await directory.provePassword(REALM, ZOE.login, ZOE.password)
        assert.ok(first.ok)
        const unavailable = { name: 'Fault', code: 'accounts-unavailable' }
        kit.server.freeze()
        const asked = ['nobody', ZOE.login].map((login) => directory.provePassword(REALM, login, ZOE.password))
        await Promise.all(asked.map((question) => assert.rejects(question, unavailable)))
        // Whoever has a row is still known: a sign-in under way can go on.
        assert.deepEqual(await directory.findById(REALM, first.value.id), first.value)
        kit.server.thaw()
        const again = await directory.provePassword(REALM, ZOE.login, ZOE.password)
        assert.ok(again.ok)
        await kit.server.stop()
        await assert.rejects(directory.provePassword(REALM, ZOE.login, ZOE.password), unavailable)
        await assert.rejects(directory.provePassword(REALM, 'nobody', ZOE.password), unavailable)
      },
    )
  })
}
