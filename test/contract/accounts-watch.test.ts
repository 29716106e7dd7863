import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { watchDisabled } from '../../src/accounts/watch-disabled.ts'
import { Fault } from '../../src/lib/errors.ts'
import { silentLog, type Log } from '../../src/lib/log.ts'
import { createAccountBench, zoe } from '../kit/accounts.ts'
import { databaseKinds } from '../kit/databases.ts'

/** Never looks by itself within a test. */
const NEVER = 1_000_000

for (const [name, createDatabases] of Object.entries(databaseKinds)) {
  describe(`S-08: the watch for disabled accounts, in ${name}`, () => {
    const databases = createDatabases()

    const watched = async (log: Log = silentLog) => {
      const database = await databases.fresh()
      const bench = createAccountBench(database)
      const ended: string[] = []
      const failures: Fault[] = []
      const idOf = new Map<string, string>()
      for (const login of ['a', 'b', 'c']) {
        const added = await bench.admin.add('r', { ...zoe, login })
        assert.ok(added.ok)
        idOf.set(added.value.account.id, login)
      }
      const endSessions = (realm: string, account: string) => {
        const failure = failures.pop()
        if (failure !== undefined) return Promise.reject(failure)
        return Promise.resolve(ended.push(`${realm}/${idOf.get(account) ?? '?'}`))
      }
      const watch = watchDisabled(database, { endSessions, clock: bench.clock, log, every: NEVER })
      return { ...bench, watch, ended, failures }
    }

    it('ends sessions once for each time that an account is disabled, also before it began', async () => {
      const { admin, watch, ended, clock } = await watched()
      assert.ok((await admin.disable('r', 'a')).ok)
      await watch.look()
      assert.deepEqual(ended, ['r/a'])
      clock.advance('1s')
      assert.ok((await admin.disable('r', 'b')).ok)
      await watch.look()
      await watch.look()
      assert.deepEqual(ended, ['r/a', 'r/b'])
      clock.advance('1d')
      assert.ok((await admin.enable('r', 'a')).ok)
      await watch.look()
      assert.ok((await admin.disable('r', 'a')).ok)
      await watch.look()
      assert.deepEqual(ended, ['r/a', 'r/b', 'r/a'])
      watch.close()
    })

    it('hears commands from machines whose clock is behind, or was ahead', async () => {
      const { admin, watch, ended, clock } = await watched()
      const now = clock.now()
      clock.set(now + 3_600_000)
      assert.ok((await admin.disable('r', 'a')).ok)
      clock.set(now)
      await watch.look()
      clock.set(now - 300_000)
      assert.ok((await admin.disable('r', 'b')).ok)
      clock.set(now)
      await watch.look()
      await watch.look()
      assert.deepEqual(ended, ['r/a', 'r/b'])
      watch.close()
    })

    it('tries again what failed, and tells an outage once', async () => {
      const told: string[] = []
      const { admin, watch, ended, failures } = await watched({ ...silentLog, error: (_, text) => told.push(text) })
      assert.ok((await admin.disable('r', 'a')).ok)
      assert.ok((await admin.disable('r', 'b')).ok)
      failures.push(new Fault('store-unavailable', 'away'), new Fault('store-unavailable', 'away'))
      await watch.look()
      await watch.look()
      assert.deepEqual(ended, [])
      assert.equal(told.length, 1)
      await watch.look()
      assert.deepEqual(ended.sort(), ['r/a', 'r/b'])
      watch.close()
    })
  })
}
