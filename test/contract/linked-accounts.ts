import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { watchLinked } from '../../src/accounts/linked/watch-linked.ts'
import { createSqlDirectory } from '../../src/accounts/sql.ts'
import { Fault } from '../../src/lib/errors.ts'
import { silentLog } from '../../src/lib/log.ts'
import { REALM, type LinkedBench, type LinkedKit, type SourcePerson } from '../kit/account-sources.ts'
import { newPassword, quickHasher } from '../kit/accounts.ts'

const ADA: SourcePerson = { login: 'ada.bel', password: 'Muguet 2026', email: 'ada@example.test' }
const HOURS_10 = 36_000_000
const NEVER = 1_000_000

const rowsOf = ({ database }: LinkedBench) =>
  database.db.selectFrom('accounts').selectAll().orderBy('created_at').execute()

const signIn = async ({ directory }: LinkedBench, { login, password }: SourcePerson): Promise<string> => {
  const proven = await directory.provePassword(REALM, login, password)
  assert.ok(proven.ok, JSON.stringify(proven))
  return proven.value.id
}

/** A round of the watch over a bench, as one node makes it. */
const createWatch = ({ database, opened, clock }: LinkedBench, meanwhile?: () => Promise<void>) => {
  const ended: string[] = []
  let asked = 0
  const watch = watchLinked({
    db: database.db,
    store: { set: () => Promise.resolve(true) },
    source: 'elsewhere',
    standings: async (rows) => {
      asked += 1
      if (asked === 2) await meanwhile?.()
      return opened.source.standings(rows)
    },
    links: opened.links,
    endSessions: (_realm, account) => Promise.resolve(ended.push(account)),
    clock,
    log: silentLog,
    every: NEVER,
    reach: HOURS_10,
    patience: 20,
  })
  return { watch, ended, asked: () => asked }
}

/** What every source has in common whose accounts live elsewhere: the gate's own rows for its people. */
export const describeLinkedAccounts = (kit: LinkedKit): void => {
  describe('the row at the gate', () => {
    it('is made by the first sign-in that is right, once, whoever comes at the same moment; a wrong one leaves nothing', async () => {
      const bench = await kit.fresh(ADA)
      const wrong = await bench.directory.provePassword(REALM, ADA.login, 'wrong')
      assert.deepEqual(wrong, { ok: false, reason: { cause: 'wrong', account: null } })
      assert.deepEqual(await rowsOf(bench), [])
      const ids = await Promise.all(Array.from({ length: 4 }, () => signIn(bench, ADA)))
      assert.equal(new Set(ids).size, 1)
      assert.deepEqual(
        (await rowsOf(bench)).map(({ id, source }) => [id, source]),
        [[ids[0], 'elsewhere']],
      )
      assert.deepEqual(
        bench.events.map(({ event, account, detail }) => [event, account, detail]),
        [['account.linked', ids[0], 'first signed in by elsewhere']],
      )
    })

    it('stays the person’s own when login and address change, and follows them', async () => {
      const bench = await kit.fresh(ADA)
      const id = await signIn(bench, ADA)
      await bench.setEmail(ADA.login, 'ada.bel@example.test')
      await bench.rename(ADA.login, 'ada.cyr')
      const proven = await bench.directory.provePassword(REALM, 'ada.cyr', ADA.password)
      assert.ok(proven.ok)
      assert.deepEqual(
        [proven.value.id, proven.value.login, proven.value.email],
        [id, 'ada.cyr', 'ada.bel@example.test'],
      )
      const gone = await bench.directory.provePassword(REALM, ADA.login, ADA.password)
      assert.deepEqual(gone, { ok: false, reason: { cause: 'unknown', account: null } })
    })

    it('is not inherited by whoever gets the login of somebody who left; the former one is closed', async () => {
      const bench = await kit.fresh(ADA)
      const former = await signIn(bench, ADA)
      await bench.remove(ADA.login)
      const next = { ...ADA, password: 'Jonquille 2027', givenName: 'Adam' }
      await bench.add(next)
      const id = await signIn(bench, next)
      assert.notEqual(id, former)
      assert.equal((await bench.directory.findById(REALM, former))?.disabled, true)
      assert.equal((await bench.directory.findById(REALM, id))?.givenName, 'Adam')
      assert.equal((await bench.admin.show(REALM, ADA.login))?.id, id)
    })

    it('is the account that the person had at the gate before the site moved to this source', async () => {
      const bench = await kit.fresh(ADA)
      const entry = { login: 'Ada.Bel', givenName: 'Ada', familyName: 'Bel' }
      const before = await bench.admin.add(REALM, entry, newPassword('Jonquille 2027'))
      assert.ok(before.ok)
      assert.equal(await signIn(bench, ADA), before.value.account.id)
      const old = await bench.directory.provePassword(REALM, ADA.login, 'Jonquille 2027')
      assert.equal(old.ok, false, 'the former password is none any more')
    })

    it('S-08: closed at the gate it stays so, whatever the source says', async () => {
      const bench = await kit.fresh(ADA)
      const id = await signIn(bench, ADA)
      assert.ok((await bench.admin.disable(REALM, ADA.login)).ok)
      const refused = await bench.directory.provePassword(REALM, ADA.login, ADA.password)
      assert.equal(!refused.ok && refused.reason.cause, 'disabled')
      assert.equal(!refused.ok && refused.reason.account?.id, id)
      assert.ok((await bench.admin.enable(REALM, ADA.login)).ok)
      assert.equal(await signIn(bench, ADA), id)
    })
  })

  describe('S-08: people who are signed in', () => {
    it('are signed out when their source closes them, and may come back when it opens them again', async () => {
      const bench = await kit.fresh(ADA, { ...ADA, login: 'cyr.del' })
      const id = await signIn(bench, ADA)
      await signIn(bench, { ...ADA, login: 'cyr.del' })
      await bench.close(ADA.login)
      const { watch } = createWatch(bench)
      await watch.look()
      const states = (await rowsOf(bench)).map(({ login, disabled_by: by }) => [login, by])
      assert.deepEqual(states.sort(), [
        ['ada.bel', 'source'],
        ['cyr.del', null],
      ])
      const last = bench.events.at(-1)
      assert.deepEqual([last?.event, last?.account, last?.detail], ['account.disabled', id, 'closed in elsewhere'])
      await bench.reopen(ADA.login)
      assert.equal(await signIn(bench, ADA), id)
      assert.equal(bench.events.at(-1)?.event, 'account.enabled')
      watch.close()
    })

    it('are signed out when they are gone from it, but not when it was emptied and filled anew', async () => {
      const bench = await kit.fresh(ADA)
      await signIn(bench, ADA)
      await bench.rename(ADA.login, 'ada.cyr')
      const calm = createWatch(bench)
      await calm.watch.look()
      assert.equal((await rowsOf(bench))[0]?.disabled_at, null)
      await bench.remove('ada.cyr')
      const { watch, asked } = createWatch(bench)
      await watch.look()
      assert.equal(asked(), 2)
      assert.equal((await rowsOf(bench))[0]?.disabled_by, 'source')
      assert.equal(bench.events.at(-1)?.detail, 'no longer in elsewhere')
      for (const each of [calm.watch, watch]) each.close()
    })

    it('are signed out once when their password is changed there', async () => {
      const bench = await kit.fresh(ADA)
      const id = await signIn(bench, ADA)
      const { watch, ended } = createWatch(bench)
      await watch.look()
      assert.deepEqual(ended, [])
      // Directories tell the time of a change to the second.
      await pause(1_100)
      await bench.setPassword(ADA.login, 'Jonquille 2027')
      await watch.look()
      await watch.look()
      assert.deepEqual(ended, [id])
      assert.equal((await bench.directory.provePassword(REALM, ADA.login, ADA.password)).ok, false)
      assert.equal(await signIn(bench, { ...ADA, password: 'Jonquille 2027' }), id)
      await watch.look()
      assert.deepEqual(ended, [id])
      watch.close()
    })

    it('are not asked about when nobody can be signed in any more', async () => {
      const bench = await kit.fresh(ADA)
      await signIn(bench, ADA)
      bench.clock.advance('11h')
      const { watch, asked } = createWatch(bench)
      await watch.look()
      assert.equal(asked(), 0)
      watch.close()
    })

    it('E-04: stay signed in while the source does not answer', async () => {
      const bench = await kit.fresh(ADA)
      await signIn(bench, ADA)
      const opened = {
        ...bench.opened,
        source: { ...bench.opened.source, standings: () => Promise.reject(new Fault('accounts-unavailable', 'away')) },
      } as LinkedBench['opened']
      const { watch, ended } = createWatch({ ...bench, opened })
      await watch.look()
      assert.deepEqual(ended, [])
      assert.equal((await rowsOf(bench))[0]?.disabled_at, null)
      watch.close()
    })
  })

  it('G11: people keep their accounts, factors’ identifier included, when the site moves back to the gate', async () => {
    const bench = await kit.fresh(ADA)
    const id = await signIn(bench, ADA)
    const own = createSqlDirectory(bench.database, quickHasher)
    const proven = await own.provePassword(REALM, ADA.login, ADA.password)
    if (bench.opened.kind === 'ldap') assert.equal(proven.ok, false, 'the gate never kept a directory’s password')
    else assert.equal(proven.ok && proven.value.id, id)
  })

  it('is looked into for operators, without a password', async () => {
    const bench = await kit.fresh(ADA)
    const { opened } = bench
    const found = await opened.source.lookUp('ADA.BEL')
    assert.ok(found.ok)
    assert.deepEqual([found.value.person.login, found.value.isOpen], ['ada.bel', true])
    assert.equal(found.value.hash, opened.kind === 'ldap' ? null : 'bcrypt')
    await bench.close(ADA.login)
    const closed = await opened.source.lookUp(ADA.login)
    assert.equal(closed.ok && closed.value.isOpen, false)
    assert.deepEqual(await opened.source.lookUp('nobody'), { ok: false, reason: 'unknown' })
  })
}
