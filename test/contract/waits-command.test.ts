import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { registerAccounts } from '../../src/cli/accounts.ts'
import { openDatabase } from '../../src/database/open.ts'
import { openKeyring } from '../../src/identity/keyring.ts'
import { purposeKey } from '../../src/identity/purpose-key.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createThrottle, THROTTLE_PURPOSE, type Throttle } from '../../src/sign-in/throttle.ts'
import { createRedisStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { runCommand } from '../kit/command.ts'
import { createCommandInstance } from '../kit/command-instance.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'

const PREFIX = 'waits-command:'

describe('portillon accounts waits and unlock, beside a running node', () => {
  const instance = createCommandInstance('waits-command')
  let redis: RedisServer
  let store: Store
  let throttle: Throttle

  const run = (t: TestContext, ...words: readonly string[]) =>
    runCommand(t, registerAccounts, ['accounts', ...words, '--config', instance.config])
  const fail = async (login: string): Promise<boolean> => {
    const who = { realm: 'demo', login, address: '192.0.2.10', shown: undefined }
    const admitted = await throttle.admit('password', who)
    if (admitted.ok) await admitted.value.failed()
    return admitted.ok
  }

  before(async () => {
    redis = await startRedis()
    store = createRedisStore({ url: redis.url, prefix: PREFIX, log: silentLog })
    const key = purposeKey(await openKeyring(instance.at('keys'), { clock: systemClock }), THROTTLE_PURPOSE)
    throttle = createThrottle({ store, key, known: { recognise: () => null, remember: () => '' } })
  })
  after(async () => {
    await store.close()
    await redis.stop()
  })

  it('C-04: a referent sees why somebody waits and lets them in, and the trail says who did it', async (t) => {
    instance.write({ store: { redis: redis.url, prefix: PREFIX } })
    await run(t, 'add', 'a.bel', '--given-name', 'Ada', '--family-name', 'Bel', '--no-password')
    assert.match((await run(t, 'waits', 'A.Bel')).out, /Nothing failed lately for A\.Bel/)
    for (let round = 0; round < 6; round += 1) assert.ok(await fail('a.bel'))
    assert.equal(await fail('a.bel'), false)
    const shown = await run(t, 'waits', 'A.Bel')
    assert.match(shown.out, /^in a row, from anywhere +6 +free$/m)
    assert.match(shown.out, /^from one place +6 +waits \d+ s$/m)
    const ended = await run(t, 'unlock', 'A.Bel')
    assert.match(ended.out, /A\.Bel waits for nothing any more \(3 budgets of tries made whole\)/)
    assert.ok(await fail('a.bel'))
    const json = await run(t, 'waits', 'a.bel', '--json')
    assert.deepEqual(
      (JSON.parse(json.out) as { what: string; count: number }[]).map(({ what, count }) => [what, count]),
      [
        ['run', 1],
        ['account', 1],
        ['pair', 1],
      ],
    )
    const database = openDatabase(instance.databaseUrl, silentLog)
    const rows = await database.db.selectFrom('audit').selectAll().where('event', '=', 'sign-in.unlocked').execute()
    await database.close()
    assert.deepEqual(
      rows.map(({ login, detail }) => [login, detail]),
      [['a.bel', '3']],
    )
    assert.match(rows[0]?.actor ?? '', /^\S+@\S+$/)
  })

  it('says where the waits are when no command can reach them, and refuses what can be no login', async (t) => {
    assert.equal((await run(t, 'unlock', 'a\u200bbel')).status, 1)
    instance.write()
    const embedded = await run(t, 'unlock', 'a.bel')
    assert.equal(embedded.status, 1)
    assert.match(embedded.err, /in the memory of the running gate/)
  })
})
