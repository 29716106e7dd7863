import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { AccountAdminParts } from '../../src/accounts/desk.ts'
import { createDevices } from '../../src/accounts/devices.ts'
import { createFactors } from '../../src/accounts/factors.ts'
import { createFactorSecrets } from '../../src/accounts/factor-secret.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createAccountBench, newPassword, whoHas, zoe, type AccountBench } from '../kit/accounts.ts'
import { databaseKinds } from '../kit/databases.ts'

const keyOf = (secret: Buffer) => ({ current: () => secret, every: () => [secret] })

/** What the commands and, later, the help desk may rely on, asked of both databases alike. */

for (const [name, createDatabases] of Object.entries(databaseKinds)) {
  describe(`account administration in ${name}`, () => {
    const databases = createDatabases()
    const fresh = async (parts?: Partial<AccountAdminParts>): Promise<AccountBench> =>
      createAccountBench(await databases.fresh(), parts)

    describe('administration', () => {
      it('refuses a login that is taken in another spelling, and says every fault of an entry at once', async () => {
        const { admin } = await fresh()
        assert.ok((await admin.add('a', zoe)).ok)
        assert.deepEqual(await admin.add('a', { ...zoe, login: 'ZOE\u0301.ŒUVRARD' }), {
          ok: false,
          reason: { reason: 'entry-refused', problems: ['login-taken'] },
        })
        const wrong = { login: 'a\0b', givenName: '', familyName: 'x\ny', email: 'x', nationalId: '1', roles: ['a b'] }
        assert.deepEqual(await admin.add('a', wrong), {
          ok: false,
          reason: {
            reason: 'entry-refused',
            problems: [
              'login-malformed',
              'given-name-missing',
              'family-name-malformed',
              'email-malformed',
              'national-id-malformed',
              'role-malformed',
            ],
          },
        })
        assert.equal((await admin.list('a')).length, 1)
      })

      it('adds once what two people add at the same time', async () => {
        const { admin } = await fresh()
        const results = await Promise.all(Array.from({ length: 5 }, () => admin.add('a', zoe)))
        assert.equal(results.filter((result) => result.ok).length, 1)
        assert.equal((await admin.list('a')).length, 1)
      })

      it('warns of an RPPS number with a wrong key and of a missing address, and accepts them', async () => {
        const { admin } = await fresh()
        const right = await admin.add('a', { ...zoe, login: 'right' })
        assert.ok(right.ok)
        assert.deepEqual(right.value.warnings, [])
        const result = await admin.add('a', { ...zoe, nationalId: '899900000012', email: '' })
        assert.ok(result.ok)
        assert.deepEqual(result.value.warnings, ['rpps-key-wrong', 'email-missing'])
      })

      it('S-08: disabling ends the sessions, again when asked again, and is told apart from a store that is away', async () => {
        const { admin, directory, ended, events } = await fresh()
        const added = await admin.add('a', zoe)
        assert.ok(added.ok)
        const first = await admin.disable('a', zoe.login)
        assert.ok(first.ok)
        assert.deepEqual([first.value.changed, first.value.sessions], [true, 1])
        assert.equal((await whoHas(directory, 'a', zoe.login))?.disabled, true)
        const second = await admin.disable('a', zoe.login)
        assert.ok(second.ok)
        assert.deepEqual([second.value.changed, second.value.sessions], [false, 2])
        const session = `a/${added.value.account.id}`
        assert.deepEqual(ended, [session, session])
        const enabled = await admin.enable('a', zoe.login)
        assert.ok(enabled.ok && enabled.value.changed)
        assert.equal((await whoHas(directory, 'a', zoe.login))?.disabled, false)
        assert.deepEqual(
          events.map((event) => [event.event, event.account, event.site, event.actor]),
          ['account.added', 'account.disabled', 'account.enabled'].map((event) => [
            event,
            added.value.account.id,
            'a',
            'test',
          ]),
        )
        const unreached = await fresh({ endSessions: () => Promise.reject(new Error('away')) })
        assert.ok((await unreached.admin.add('a', zoe)).ok)
        const third = await unreached.admin.disable('a', zoe.login)
        assert.ok(third.ok)
        assert.equal(third.value.sessions, 'unreached')
        assert.equal((await unreached.admin.show('a', zoe.login))?.disabled, true)
      })

      it('S-08: a new password replaces the old one and ends the sessions; a weak one changes nothing', async () => {
        const { admin, directory, ended, clock } = await fresh()
        assert.ok((await admin.add('a', zoe, newPassword('Muguet 2026'))).ok)
        clock.advance('1h')
        assert.deepEqual(await admin.setPassword('a', zoe.login, newPassword('muguet')), {
          ok: false,
          reason: { reason: 'password-unmet', rules: ['length', 'upper', 'digit-or-special'] },
        })
        assert.equal(ended.length, 0)
        const changed = await admin.setPassword('a', zoe.login, newPassword('Jonquille 2027'))
        assert.ok(changed.ok)
        assert.equal(changed.value.account.passwordSetAt, clock.now())
        assert.equal(changed.value.sessions, 1)
        assert.equal((await directory.provePassword('a', zoe.login, 'Jonquille 2027')).ok, true)
        assert.equal((await directory.provePassword('a', zoe.login, 'Muguet 2026')).ok, false)
        assert.deepEqual(await admin.setPassword('a', 'nobody', newPassword('Jonquille 2027')), {
          ok: false,
          reason: { reason: 'login-unknown' },
        })
      })

      it('R31: a lost telephone: all that was enrolled goes with its preference, nobody else is touched, sessions end', async () => {
        const bench = await fresh()
        const { admin, ended, events, clock } = bench
        const [lost, other] = [await admin.add('a', zoe), await admin.add('a', { ...zoe, login: 'other' })]
        assert.ok(lost.ok && other.ok)
        const secrets = createFactorSecrets({ key: keyOf(randomBytes(32)), random: systemRandom })
        const factors = createFactors({ db: bench.db, clock, random: systemRandom, secrets })
        const [mine, theirs] = [lost.value.account.id, other.value.account.id]
        for (const account of [mine, theirs]) {
          const phone = await factors.add(account, { kind: 'totp', label: 'Téléphone', secret: 'JBSWY3DPEHPK3PXP' })
          await factors.add(account, { kind: 'email', label: 'zoe@example.test', secret: null })
          await factors.prefer(account, { method: 'totp', choice: phone.id })
        }
        const reset = await admin.resetFactors('a', zoe.login)
        assert.ok(reset.ok)
        assert.deepEqual(reset.value.removed.map(({ kind, label }) => `${kind} ${label}`).sort(), [
          'email zoe@example.test',
          'totp Téléphone',
        ])
        assert.deepEqual([await factors.of(mine), await factors.preference(mine)], [[], null])
        assert.equal((await factors.of(theirs)).length, 2)
        assert.notEqual(await factors.preference(theirs), null)
        assert.deepEqual(ended, [`a/${mine}`])
        assert.deepEqual([events.at(-1)?.event, events.at(-1)?.account], ['account.factors-reset', mine])
        const again = await admin.resetFactors('a', zoe.login)
        assert.ok(again.ok)
        assert.deepEqual([again.value.changed, again.value.sessions], [false, 2])
        assert.deepEqual(await admin.resetFactors('a', 'nobody'), { ok: false, reason: 'login-unknown' })
      })

      it('R25: a number that comes or goes ends what devices remember, and the wish to be asked for it', async () => {
        const { admin, db, clock } = await fresh()
        const added = await admin.add('a', zoe)
        assert.ok(added.ok)
        const { id } = added.value.account
        const devices = createDevices({ db, clock, random: systemRandom })
        const remembered = async () => (await devices.remembered(id)).length
        const remember = () => {
          const wish = { way: 'application', until: clock.now() + 86_400_000 }
          const place = { site: 'a', label: 'Firefox, Windows', address: '192.0.2.10' }
          return devices.welcome({ account: id, secret: undefined, ...place, remember: wish })
        }
        const secrets = createFactorSecrets({ key: keyOf(randomBytes(32)), random: systemRandom })
        const factors = createFactors({ db, clock, random: systemRandom, secrets })
        const card = await factors.add(id, { kind: 'identity', label: 'https://a.example.test', secret: 'x' })
        await factors.add(id, { kind: 'totp', label: 'Téléphone', secret: 'JBSWY3DPEHPK3PXP' })
        await factors.prefer(id, { method: 'oidc', choice: card.id })
        await remember()
        assert.equal(await remembered(), 1)
        const unlinked = await admin.unlinkNumber('a', zoe.login)
        assert.ok(unlinked.ok)
        assert.deepEqual(
          [unlinked.value.removed.map(({ label }) => label), unlinked.value.nationalId],
          [['https://a.example.test'], zoe.nationalId],
        )
        assert.deepEqual([await remembered(), await factors.preference(id)], [0, null])
        assert.deepEqual(
          (await factors.of(id)).map(({ kind }) => kind),
          ['totp'],
        )
        await remember()
        assert.ok((await admin.linkNumber('a', zoe.login, '899900000011')).ok)
        assert.equal(await remembered(), 0)
      })

      it('T-10: keeps the address that is stored when a new one is not exactly one plain address', async () => {
        const { admin } = await fresh()
        assert.ok((await admin.add('a', zoe)).ok)
        assert.deepEqual(await admin.setEmail('a', zoe.login, 'a@example.test, b@example.test'), {
          ok: false,
          reason: 'email-malformed',
        })
        assert.equal((await admin.show('a', zoe.login))?.email, zoe.email)
        assert.ok((await admin.setEmail('a', zoe.login, 'zoe@example.test')).ok)
        assert.equal((await admin.show('a', zoe.login))?.email, 'zoe@example.test')
        assert.ok((await admin.setEmail('a', zoe.login, null)).ok)
        assert.equal((await admin.show('a', zoe.login))?.email, null)
      })

      it('lists by family name in French order, and searches without regard to case and accents', async () => {
        const { admin } = await fresh()
        const people = [
          ['Zoé', 'Œuvrard'],
          ['Émile', 'Etienne'],
          ['Anne', 'Étienne'],
          ['Bruno', 'Zola'],
        ] as const
        for (const [givenName, familyName] of people) {
          const login = `${givenName}.${familyName}`
          assert.ok((await admin.add('a', { login, givenName, familyName })).ok)
        }
        const names = async (search?: string) => (await admin.list('a', search)).map((account) => account.name)
        assert.deepEqual(await names(), ['Émile Etienne', 'Anne Étienne', 'Zoé Œuvrard', 'Bruno Zola'])
        assert.deepEqual(await names('ETIENNE'), ['Émile Etienne', 'Anne Étienne'])
        assert.deepEqual(await names('oeuvr zoe'), ['Zoé Œuvrard'])
        assert.deepEqual(await names('%'), [])
      })

      it('never lets a password hash out', async () => {
        const { admin } = await fresh()
        const results = [
          await admin.add('a', zoe, newPassword('Muguet 2026')),
          await admin.list('a'),
          await admin.show('a', zoe.login),
          await admin.setPassword('a', zoe.login, newPassword('Jonquille 2027')),
          await admin.disable('a', zoe.login),
        ]
        assert.doesNotMatch(JSON.stringify(results), /argon2|hash/i)
      })
    })

    describe('import', () => {
      const header = 'login,given_name,family_name,email,roles\n'

      it('imports a whole file, and nothing of a file with one bad line', async () => {
        const { admin, events } = await fresh()
        const good = `${header}a.b,Ada,Bel,a@example.test,medecin;rcp\nc.d,Cyr,"Del, fils",,\n`
        const progress: number[][] = []
        const result = await admin.importCsv('a', good, {
          skipBad: false,
          onProgress: (done, total) => progress.push([done, total]),
        })
        assert.deepEqual(result, {
          ok: true,
          value: { added: 2, skipped: [], warnings: [{ line: 3, warning: 'email-missing' }] },
        })
        assert.deepEqual(progress, [[2, 2]])
        assert.deepEqual((await admin.show('a', 'A.B'))?.roles, ['medecin', 'rcp'])
        assert.equal((await admin.show('a', 'c.d'))?.familyName, 'Del, fils')
        assert.equal(events.length, 2)
        const bad = `${header}e.f,Eva,Fox,,\nA.B,Ada,Bel,,\ng.h,,Ham,not-an-address,\nE.F,Eva,Fox,,\n`
        const faults = [
          { line: 3, problem: 'login-taken' },
          { line: 4, problem: 'given-name-missing' },
          { line: 4, problem: 'email-malformed' },
          { line: 5, problem: 'login-repeated' },
        ]
        assert.deepEqual(await admin.importCsv('a', bad, { skipBad: false }), { ok: false, reason: faults })
        assert.equal(await admin.show('a', 'e.f'), null)
        assert.equal(events.length, 2)
        const skipping = await admin.importCsv('a', bad, { skipBad: true })
        assert.ok(skipping.ok)
        assert.equal(skipping.value.added, 1)
        assert.deepEqual(skipping.value.skipped, faults)
        assert.ok(await admin.show('a', 'e.f'))
      })

      it('imports thousands of lines in one go', async () => {
        const { admin } = await fresh()
        const lines = Array.from({ length: 2_500 }, (_, index) => `p.n${index},Prénom,Nom,p${index}@example.test,\n`)
        const result = await admin.importCsv('a', header + lines.join(''), { skipBad: false })
        assert.ok(result.ok)
        assert.equal(result.value.added, 2_500)
        assert.equal((await admin.list('a')).length, 2_500)
      })
    })
  })
}
