import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test'
import type { Command } from 'commander'
import { registerAccounts } from '../../src/cli/accounts.ts'
import { registerSessions } from '../../src/cli/sessions.ts'
import { openDatabase } from '../../src/database/open.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { createRedisStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { runCommand } from '../kit/command.ts'
import { createCommandInstance, type CommandInstance } from '../kit/command-instance.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { startSessionNode, type SessionNode } from '../kit/session-node.ts'

const PREFIX = 'sessions-command:'

interface ShownSession {
  readonly id: string
  readonly login: string
}

describe('portillon sessions, beside a running node', () => {
  let instance: CommandInstance
  let redis: RedisServer
  let store: Store
  let node: SessionNode
  const accounts = new Map<string, string>()

  const register = (program: Command) => {
    registerAccounts(program)
    registerSessions(program)
  }
  const run = (t: TestContext, ...words: readonly string[]) =>
    runCommand(t, register, [...words, '--config', instance.config])
  const shown = async (t: TestContext, ...words: readonly string[]) =>
    JSON.parse((await run(t, 'sessions', 'list', '--json', ...words)).out) as ShownSession[]

  /** Signs a person in at the node and gives the cookie. */
  const signIn = (login: string, changes: Partial<SessionRecord> = {}) =>
    node.signIn(undefined, { site: 'demo', realm: 'demo', login, account: accounts.get(login) ?? '', ...changes })
  const whoIs = async (cookie: string) => (await node.call('GET', '/who', cookie)).text()

  const revocations = async () => {
    const database = openDatabase(instance.databaseUrl, silentLog)
    const rows = await database.db
      .selectFrom('audit')
      .select(['login', 'session', 'detail', 'actor'])
      .where('event', '=', 'session.revoked')
      .orderBy('id')
      .execute()
    await database.close()
    return rows
  }

  before(async () => {
    redis = await startRedis()
    store = createRedisStore({ url: redis.url, prefix: PREFIX, log: silentLog })
    const secret = 'x'.repeat(64)
    node = await startSessionNode({ store, clock: systemClock, log: silentLog, secrets: () => [secret], site: 'demo' })
  })
  after(async () => {
    await node.close()
    await store.close()
    await redis.stop()
  })

  beforeEach(async (t) => {
    instance = createCommandInstance('sessions-command')
    instance.write({ store: { redis: redis.url, prefix: PREFIX } })
    for (const login of ['a.bel', 'c.del']) {
      const words = ['add', login, '--given-name', 'Ada', '--family-name', 'Bel', '--no-password', '--json']
      const { out } = await run(t as TestContext, 'accounts', ...words)
      accounts.set(login, (JSON.parse(out) as { id: string }).id)
    }
    await run(t as TestContext, 'sessions', 'revoke', '--all')
  })

  it('list shows who is signed in, newest first, and lets no browser write on the terminal', async (t) => {
    assert.equal((await run(t, 'sessions', 'list')).out, 'Nobody is signed in.\n')
    await signIn('a.bel', { startedAt: Date.now() - 60_000 })
    await signIn('c.del', { device: 'Firefox\u001b[2J\r\nfake line' })
    const { out } = await run(t, 'sessions', 'list')
    const lines = out.split('\n')
    assert.match(lines[0] ?? '', /^ID +LOGIN +SITE +WAY +SINCE \(UTC\) +AT MOST UNTIL +ADDRESS +DEVICE$/)
    assert.match(lines[1] ?? '', /^[0-9a-f]{12} {2}c\.del +demo .* Firefox\\u\{1b\}\[2J\\u\{d\}\\u\{a\}fake line$/)
    assert.match(lines[2] ?? '', /^[0-9a-f]{12} {2}a\.bel /)
    assert.equal(lines[3], '2 sessions')
    assert.deepEqual(
      (await shown(t, '--login', 'A.BEL')).map(({ login }) => login),
      ['a.bel'],
    )
    assert.deepEqual(await shown(t, '--site', 'other'), [])
    assert.match((await run(t, 'sessions', 'list', '--login', 'nobody')).err, /no account "nobody" in demo/)
  })

  it('S-05: revoke ends the chosen sessions at the node, and writes down who did it', async (t) => {
    const [ada, other, cyr] = [await signIn('a.bel'), await signIn('a.bel'), await signIn('c.del')]
    const byId = (await shown(t, '--login', 'c.del'))[0]?.id ?? ''
    const one = await run(t, 'sessions', 'revoke', '--id', byId.slice(0, 12))
    assert.equal(one.out, '1 session ended.\n')
    assert.deepEqual([await whoIs(cyr), await whoIs(ada)], ['nobody', 'a.bel'])
    const both = await run(t, 'sessions', 'revoke', '--login', 'a.bel')
    assert.equal(both.out, '2 sessions ended.\n')
    assert.deepEqual([await whoIs(ada), await whoIs(other)], ['nobody', 'nobody'])
    const rows = await revocations()
    assert.deepEqual(
      rows.slice(-3).map(({ login }) => login),
      ['c.del', 'a.bel', 'a.bel'],
    )
    assert.equal(rows.at(-3)?.session, byId)
    assert.match(`${rows.at(-1)?.detail} by ${rows.at(-1)?.actor}`, /^revoked by \S+@\S+$/)
  })

  it('revoke --all ends everything; an unclear wish ends nothing', async (t) => {
    const cookies = await Promise.all(['a.bel', 'c.del', 'c.del'].map((login) => signIn(login)))
    for (const words of [
      [],
      ['--all', '--login', 'a.bel'],
      ['--id', 'zz'],
      ['--id', ''],
      ['--id', 'a*'],
      ['--login', 'x'],
    ]) {
      const { status } = await run(t, 'sessions', 'revoke', ...words)
      assert.equal(status, 1, words.join(' '))
    }
    assert.equal((await shown(t)).length, 3)
    assert.equal((await run(t, 'sessions', 'revoke', '--all', '--site', 'other')).out, '0 sessions ended.\n')
    assert.equal((await run(t, 'sessions', 'revoke', '--all')).out, '3 sessions ended.\n')
    for (const cookie of cookies) assert.equal(await whoIs(cookie), 'nobody')
  })

  it('S-08: disabling an account, and a new password, end its sessions and nobody else’s', async (t) => {
    const [ada, cyr] = [await signIn('a.bel'), await signIn('c.del')]
    const disabled = await run(t, 'accounts', 'disable', 'a.bel')
    assert.match(disabled.out, /is disabled\. 1 session ended\.\n$/)
    assert.deepEqual([await whoIs(ada), await whoIs(cyr)], ['nobody', 'c.del'])
    const set = await run(t, 'accounts', 'set-password', 'c.del', '--generate')
    assert.match(set.out, /has a new password\. 1 session ended\.\nPassword: /)
    assert.equal(await whoIs(cyr), 'nobody')
    assert.equal((await revocations()).length, 2)
  })

  it('S-08: says that sessions may be open when the store does not answer; the account is closed all the same', async (t) => {
    await redis.stop()
    try {
      const { err, status, out } = await run(t, 'accounts', 'disable', 'a.bel')
      assert.equal(status, 1)
      assert.match(out, /is disabled\. Sessions were not ended\./)
      assert.match(err, /the store did not answer: sessions may still be open\n +run the command again when it does/)
      assert.match((await run(t, 'accounts', 'list')).out, /a\.bel .* disabled since /)
      const listed = await run(t, 'sessions', 'list')
      assert.equal(listed.status, 1)
      assert.match(listed.err, /see `store` in the instance file/)
    } finally {
      await redis.restart()
    }
  })
})
