import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { silentLog } from '../../src/lib/log.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { sessionDigest } from '../../src/session/digest.ts'
import { onSessionEnd } from '../../src/session/ends.ts'
import type { PeekResult } from '../../src/session/peek.ts'
import { keys } from '../../src/store/keys.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createRedisStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { createManualClock } from '../kit/clock.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { startSessionNode, type SessionNode, type SessionNodeOptions } from '../kit/session-node.ts'
import { recordingStore } from '../kit/session-records.ts'

const PREFIX = 'sessions:'
const SECRETS = ['first secret of the test', 'second secret of the test']

let redis: RedisServer
let raw: Redis
before(async () => {
  redis = await startRedis()
  raw = new Redis(redis.url)
})
after(async () => {
  raw.disconnect()
  await redis.stop()
})

/** Two processes of one gate: each its own connections, its own memory. */
let one: SessionNode & { readonly store: Store }
let two: SessionNode & { readonly store: Store }
let meanwhile: () => Promise<void>
const open: { close(): Promise<void> }[] = []

const startNode = async (
  options: Partial<SessionNodeOptions> = {},
): Promise<SessionNode & { readonly store: Store }> => {
  const store = options.store ?? createRedisStore({ url: redis.url, prefix: PREFIX, log: silentLog })
  const defaults = { clock: systemClock, log: silentLog, secrets: () => SECRETS, meanwhile: () => meanwhile() }
  const node = await startSessionNode({ ...defaults, ...options, store })
  open.push({
    close: async () => {
      await node.close()
      await store.close()
    },
  })
  return { ...node, store }
}

beforeEach(async () => {
  await raw.flushall()
  meanwhile = () => Promise.resolve()
  ;[one, two] = await Promise.all([startNode(), startNode()])
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()))
})

const idOf = (cookie: string): string => /^[^=]+=s%3A([\w-]{32})\./.exec(cookie)?.[1] ?? assert.fail(cookie)
const digestOf = (cookie: string): string => sessionDigest(idOf(cookie))
const stateOf = async (node: SessionNode, cookie: string): Promise<PeekResult['state']> =>
  (await node.peek(cookie)).state
const who = async (node: SessionNode, cookie?: string): Promise<string> =>
  (await node.call('GET', '/who', cookie)).text()

/** Ends a session at one node and waits until the other has heard of it. */
const untilHeard = async (
  node: { readonly store: Store },
  digest: string,
  work: () => Promise<unknown>,
): Promise<void> => {
  const told = Promise.withResolvers<undefined>()
  const leave = await onSessionEnd(node.store, (ended) => {
    if (ended.digest === digest) told.resolve(undefined)
  })
  await work()
  await told.promise
  await leave()
}

describe('the session cookie', () => {
  it('S-10, R1: is host-bound, short, hidden from scripts, and ends with the browser', async () => {
    for (let round = 0; round < 20; round += 1) {
      const response = await one.call('POST', '/in')
      const lines = response.headers.getSetCookie()
      assert.equal(lines.length, 1)
      const [cookie = '', ...attributes] = (lines[0] ?? '').split('; ')
      assert.match(cookie, /^__Host-portillon=s%3A[\w-]{32}\.[A-Za-z0-9%]+$/)
      assert.ok(cookie.length < 200, `${cookie.length} bytes`)
      assert.deepEqual(attributes.toSorted(), ['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure'])
    }
  })

  it('S-10: is Secure because the site is https, whatever the request claims', async () => {
    const claimed = await one.call('POST', '/in', undefined, { 'x-forwarded-proto': 'http' })
    assert.match(claimed.headers.getSetCookie().join(), /; Secure/)
    const plain = await startNode({ secure: false })
    const response = await plain.call('POST', '/in', undefined, { 'x-forwarded-proto': 'https' })
    assert.equal(response.headers.getSetCookie().length, 1)
    assert.match(response.headers.getSetCookie().join(), /^portillon=s%3A/)
    assert.doesNotMatch(response.headers.getSetCookie().join(), /Secure/)
  })

  it('S-16: a visitor who does not sign in gets no cookie and costs no key', async () => {
    for (const [method, path] of [
      ['GET', '/who'],
      ['POST', '/slow'],
    ] as const) {
      const response = await one.call(method, path)
      assert.equal(response.status, 200)
      assert.deepEqual(response.headers.getSetCookie(), [])
    }
    assert.deepEqual(await raw.keys('*'), [])
  })

  it('is signed by the first secret and verified by all of them, also after they change', async () => {
    let secrets = ['second secret of the test']
    const older = await startNode({ secrets: () => secrets })
    const cookie = await older.signIn()
    assert.equal(await stateOf(one, cookie), 'live')
    assert.equal(await who(one, cookie), 'z.oeuvrard')
    const newer = await one.signIn()
    assert.equal(await stateOf(older, newer), 'invalid')
    assert.equal(await who(older, newer), 'nobody')
    secrets = ['second secret of the test', 'first secret of the test']
    assert.equal(await stateOf(older, newer), 'live')
    assert.equal(await who(older, newer), 'z.oeuvrard')
    assert.equal(await who(older, cookie), 'z.oeuvrard')
    secrets = ['third secret of the test', ...SECRETS]
    const newest = await older.signIn()
    assert.equal(await stateOf(one, newest), 'invalid')
    assert.equal(await stateOf(older, newest), 'live')
  })
})

describe('the life of a session', () => {
  it('Q-08: is stored under its digest with a time to live, and read by every node and by express-session', async () => {
    const cookie = await one.signIn()
    const key = `${PREFIX}${keys.session(digestOf(cookie))}`
    const left = await raw.pttl(key)
    assert.ok(left > 29 * 60_000 && left <= 30 * 60_000, `${left} ms left`)
    for (const node of [one, two]) {
      const live = await node.peek(cookie)
      assert.ok(live.state === 'live')
      assert.equal(live.subject.name, 'Zoé Œuvrard')
      assert.equal(await who(node, cookie), 'z.oeuvrard')
    }
  })

  it('S-01: every sign-in has a new id, whatever the browser held', async () => {
    const planted = `${one.cookieName}=${(await one.signIn()).split('=')[1] ?? ''}`
    await one.lifecycle.end('signed-out', digestOf(planted))
    const first = await one.signIn(planted)
    assert.notEqual(idOf(first), idOf(planted))
    assert.equal(await stateOf(one, planted), 'ended')
    const second = await one.signIn(first)
    assert.notEqual(idOf(second), idOf(first))
    assert.equal(await stateOf(one, second), 'live')
  })

  it('S-01, S-20: signing in again ends the session before, on both nodes', async () => {
    const first = await one.signIn()
    assert.equal(await stateOf(two, first), 'live')
    let second = ''
    await untilHeard(two, digestOf(first), async () => {
      second = await one.signIn(first, { login: 'a.martin', account: 'account-2' })
    })
    assert.equal(await stateOf(one, first), 'ended')
    assert.equal(await stateOf(two, first), 'ended')
    assert.equal(await who(two, first), 'nobody')
    assert.equal(await who(two, second), 'a.martin')
    assert.deepEqual(await one.lifecycle.list('onco-demo', 'account-1'), [])
  })

  it('S-05: after the end the old cookie is refused on both nodes, remembered or not', async () => {
    for (let round = 0; round < 20; round += 1) {
      const cookie = await one.signIn()
      const digest = digestOf(cookie)
      assert.equal(await stateOf(one, cookie), 'live')
      assert.equal(await stateOf(two, cookie), 'live')
      assert.ok(!(one.peek(cookie) instanceof Promise) && !(two.peek(cookie) instanceof Promise), 'both remember it')
      await untilHeard(two, digest, async () => {
        const [ended] = await one.lifecycle.end('signed-out', digest)
        assert.equal(ended?.record.login, 'z.oeuvrard')
        assert.deepEqual(await one.peek(cookie), { state: 'ended', digest })
      })
      assert.deepEqual(await two.peek(cookie), { state: 'ended', digest })
      assert.equal(await who(one, cookie), 'nobody')
      assert.equal(await who(two, cookie), 'nobody')
      assert.deepEqual(await one.lifecycle.end('signed-out', digest), [])
    }
  })

  it('R13: a request that was under way when the session ended does not bring it back by saving or touching', async () => {
    const cookie = await one.signIn()
    const reached = Promise.withResolvers<undefined>()
    const mayGoOn = Promise.withResolvers<undefined>()
    meanwhile = async () => {
      reached.resolve(undefined)
      await mayGoOn.promise
    }
    const saving = one.call('POST', '/slow', cookie)
    await reached.promise
    await two.lifecycle.end('signed-out', digestOf(cookie))
    mayGoOn.resolve(undefined)
    assert.equal((await saving).status, 200)
    assert.equal(await raw.exists(`${PREFIX}${keys.session(digestOf(cookie))}`), 0)
    assert.equal(await stateOf(two, cookie), 'ended')
    assert.equal(await who(one, cookie), 'nobody')
  })

  it('a save of a session that is there is kept, with its time to live', async () => {
    const cookie = await one.signIn()
    await one.call('POST', '/slow', cookie)
    const [listed] = await two.lifecycle.list('onco-demo', 'account-1')
    assert.equal(listed?.record.device, 'changed')
    assert.ok((await raw.pttl(`${PREFIX}${keys.session(digestOf(cookie))}`)) > 29 * 60_000)
  })

  it('S-07: idle and absolute limits hold for the pages as for the data path', async () => {
    const clock = createManualClock()
    const node = await startNode({ clock, store: createMemoryStore({ clock }) })
    const idle = await node.signIn()
    clock.advance('29m')
    assert.equal(await who(node, idle), 'z.oeuvrard', 'a visit to a page is activity')
    clock.advance('29m')
    assert.equal(await stateOf(node, idle), 'live')
    clock.advance('1m')
    assert.equal(await stateOf(node, idle), 'ended')
    assert.equal(await who(node, idle), 'nobody')
    const busy = await node.signIn()
    for (let visit = 0; visit < 22; visit += 1) {
      assert.equal(await who(node, busy), visit < 21 ? 'z.oeuvrard' : 'nobody')
      clock.advance('30m')
      clock.set(clock.now() - 1)
    }
    assert.equal(await stateOf(node, busy), 'ended')
  })

  it('the session of one site is none on another, for the pages as for the data path', async () => {
    const other = await startNode({ site: 'training' })
    const cookie = await one.signIn()
    assert.equal(await stateOf(other, cookie), 'invalid')
    assert.equal(await who(other, cookie), 'nobody')
    assert.equal(await who(one, cookie), 'z.oeuvrard')
  })
})

describe('broken sessions', () => {
  it('S-19, S-11: a broken or doubled cookie is nobody, and no key is touched for it', async () => {
    const recording = recordingStore(one.store)
    const node = await startNode({ store: recording.store })
    open.pop() // The store is closed by its first owner.
    const [mine, theirs] = [await node.signIn(), await node.signIn()]
    recording.calls.length = 0
    const name = node.cookieName
    const broken = [
      mine.slice(0, -1),
      mine.replace('s%3A', ''),
      mine.replace('s%3A', 's:'),
      `${mine}%0A`,
      `${name}=${'A'.repeat(8_000)}`,
      `${name}=s%3A*.*`,
      `${name}=s%3A%00.x`,
      `${name}=j%3A%7B%7D`,
      `${mine}; ${theirs}`,
      `${theirs}; ${mine}`,
      `${name}=; ${mine}`,
    ]
    for (const cookie of broken) {
      assert.equal(await who(node, cookie), 'nobody', cookie.slice(0, 80))
      assert.equal(await stateOf(node, cookie), 'invalid', cookie.slice(0, 80))
    }
    assert.equal(recording.calls.length, 0)
    assert.equal(await who(node, mine), 'z.oeuvrard')
    for (const [operation, key] of recording.calls) assert.match(`${operation} ${key}`, /^\w+ session:[0-9a-f]{64}$/)
    await node.close()
  })

  it('Q-09: a record that is no session, or one evicted by the server, leads to the sign-in page and not to a fault', async () => {
    for (const text of ['{broken', '"x"', '{"cookie":{}}', JSON.stringify({ person: {} })]) {
      const cookie = await one.signIn()
      await raw.set(`${PREFIX}${keys.session(digestOf(cookie))}`, text, 'PX', 60_000)
      const response = await one.call('GET', '/who', cookie)
      assert.deepEqual([response.status, await response.text()], [200, 'nobody'])
      assert.equal(await stateOf(one, cookie), 'ended')
    }
    const cookie = await one.signIn()
    await raw.flushall()
    assert.equal(await stateOf(one, cookie), 'ended')
    assert.equal(await who(one, cookie), 'nobody')
  })

  it('Q-01, Q-07: with the store gone a session is a fault, never a new one; afterwards it is the same', async (context) => {
    const server = await startRedis()
    const store = createRedisStore({ url: server.socketUrl, prefix: PREFIX, log: silentLog })
    context.after(() => server.stop())
    const node = await startNode({ store })
    const cookie = await node.signIn()
    await server.stop()
    for (const [method, path] of [
      ['GET', '/who'],
      ['POST', '/in'],
    ] as const) {
      const response = await node.call(method, path, cookie)
      assert.deepEqual([response.status, await response.text()], [503, 'store-unavailable'])
      assert.deepEqual(response.headers.getSetCookie(), [], 'nothing replaces the cookie')
    }
    await assert.rejects(Promise.resolve(node.peek(cookie)), { code: 'store-unavailable' })
    await assert.rejects(node.lifecycle.end('signed-out', digestOf(cookie)), { code: 'store-unavailable' })
    const begun = await node.call('POST', '/in')
    assert.deepEqual([begun.status, begun.headers.getSetCookie()], [503, []])
    await server.restart()
    while ((await node.call('GET', '/who', cookie)).status !== 200);
    assert.equal(await who(node, cookie), 'z.oeuvrard')
    assert.equal(await stateOf(node, cookie), 'live')
  })
})

describe('what is kept', () => {
  it('S-21: a dump holds no cookie and no id, only known keys, and each of them ends', async () => {
    const cookies = [await one.signIn(), await one.signIn(), await two.signIn(undefined, { account: 'account-2' })]
    await one.call('POST', '/slow', cookies[0])
    await two.lifecycle.end('signed-out', digestOf(cookies[1] ?? ''))
    const found = await raw.keys('*')
    assert.equal(found.length, 7, 'two sessions, two lists, three ends')
    for (const key of found) {
      assert.match(key, /^sessions:(session(?:-end)?:[0-9a-f]{64}|account-sessions:onco-demo:account-[12])$/)
      assert.ok((await raw.pttl(key)) > 0, key)
      const content = key.includes('account-') ? (await raw.smembers(key)).join() : ((await raw.get(key)) ?? '')
      for (const cookie of cookies) {
        assert.ok(!`${key} ${content}`.includes(idOf(cookie)), key)
        assert.ok(!content.includes(decodeURIComponent(cookie.slice(cookie.indexOf('.') + 1))), key)
      }
      for (const secret of SECRETS) assert.ok(!content.includes(secret))
    }
  })

  it('S-08: lists the sessions of an account and ends all of them, or all but one, on every node', async () => {
    const cookies = [await one.signIn(), await two.signIn(), await two.signIn()]
    const other = await one.signIn(undefined, { account: 'account-2' })
    const listed = await two.lifecycle.list('onco-demo', 'account-1')
    assert.deepEqual(listed.map(({ digest }) => digest).toSorted(), cookies.map(digestOf).toSorted())
    assert.ok(listed.every(({ record }, at) => at === 0 || record.startedAt <= (listed[at - 1]?.record.startedAt ?? 0)))
    const [kept = '', ...gone] = cookies
    const ended = await one.lifecycle.endAll('onco-demo', 'account-1', 'revoked', digestOf(kept))
    assert.deepEqual(ended.map(({ digest }) => digest).toSorted(), gone.map(digestOf).toSorted())
    for (const cookie of gone) assert.equal(await stateOf(one, cookie), 'ended')
    assert.equal(await stateOf(one, kept), 'live')
    assert.equal((await one.lifecycle.endAll('onco-demo', 'account-1', 'revoked')).length, 1)
    assert.equal(await stateOf(one, kept), 'ended')
    assert.deepEqual(await one.lifecycle.list('onco-demo', 'account-1'), [])
    assert.equal(await stateOf(one, other), 'live')
    assert.deepEqual(await one.lifecycle.endAll('another-realm', 'account-2', 'revoked'), [])
    assert.equal(await stateOf(one, other), 'live')
  })

  it('the list of an account forgets sessions that are over, and does not grow with every sign-in', async () => {
    const clock = createManualClock()
    const node = await startNode({ clock, store: createMemoryStore({ clock }) })
    for (let day = 0; day < 5; day += 1) {
      await node.signIn()
      assert.equal(
        (await node.store.members(keys.accountSessions('onco-demo', 'account-1'))).length,
        Math.min(day + 1, 2),
      )
      clock.advance('5h')
      assert.deepEqual(await node.lifecycle.list('onco-demo', 'account-1'), [])
    }
  })

  it('finds sessions by the beginning of their digest, for the operator', async () => {
    const cookie = await one.signIn()
    await two.signIn(undefined, { account: 'account-2' })
    const digest = digestOf(cookie)
    const found = await two.lifecycle.find(digest.slice(0, 12))
    assert.deepEqual(
      found.map((session) => [session.digest, session.record.login]),
      [[digest, 'z.oeuvrard']],
    )
    assert.equal((await one.lifecycle.find('')).length, 2)
    assert.equal((await one.lifecycle.find('', 1)).length, 1)
    for (const odd of ['*', `${digest}0`, 'xyz', '../', 'ABCDEF'])
      assert.deepEqual(await one.lifecycle.find(odd), [], odd)
  })

  it('ids have 192 bits and come from the given source', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, async () => idOf(await one.signIn())))
    assert.equal(new Set(ids).size, 20)
    for (const id of ids) assert.equal(Buffer.from(id, 'base64url').length, 24)
    assert.equal(systemRandom.token(24).length, 32)
  })
})
