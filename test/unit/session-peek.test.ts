import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createHmac } from 'node:crypto'
import { Fault } from '../../src/lib/errors.ts'
import { silentLog, type Log } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createSessionCache } from '../../src/session/cache.ts'
import { sessionDigest } from '../../src/session/digest.ts'
import { createPeek, type PeekResult } from '../../src/session/peek.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { channels, keys } from '../../src/store/keys.ts'
import type { Store } from '../../src/store/store.ts'
import { createManualClock } from '../kit/clock.ts'
import { recordingStore, sessionRecord } from '../kit/session-records.ts'

const SECRET = 'secret of the test, long enough'
const NAME = '__Host-portillon'

const cookieOf = (id: string, secret = SECRET): string =>
  encodeURIComponent(`s:${id}.${createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')}`)

const setUp = async (around: (store: Store) => Store = (store) => store, log: Log = silentLog) => {
  const clock = createManualClock()
  const memory = createMemoryStore({ clock })
  const { store, calls } = recordingStore(around(memory))
  const cache = await createSessionCache({ store, clock, log })
  const secrets = { now: [SECRET] }
  const peek = createPeek({ cache, secrets: () => secrets.now, cookieName: NAME, site: 'onco-demo', clock })
  calls.length = 0
  const open = async (changes: Partial<SessionRecord> = {}) => {
    const id = systemRandom.token(24)
    const digest = sessionDigest(id)
    const record = sessionRecord(clock.now(), changes)
    await memory.set(keys.session(digest), JSON.stringify({ cookie: { path: '/' }, person: record }), record.idle)
    return { digest, record, header: `JSESSIONID=x; ${NAME}=${cookieOf(id)}` }
  }
  return { clock, memory, store, calls, cache, secrets, peek, open }
}

const stateOf = async (peeked: PeekResult | Promise<PeekResult>): Promise<PeekResult['state']> => (await peeked).state

describe('peek', () => {
  it('tells a visitor without a cookie, with a bad one, with a live session and with one that is over', async () => {
    const { peek, open, memory } = await setUp()
    assert.deepEqual(peek(undefined), { state: 'none' })
    assert.deepEqual(peek('JSESSIONID=x'), { state: 'none' })
    assert.deepEqual(peek(`${NAME}=forged`), { state: 'invalid' })
    const { header, digest, record } = await open()
    const live = await peek(header)
    assert.ok(live.state === 'live')
    assert.equal(live.digest, digest)
    assert.deepEqual(live.record, record)
    assert.equal(live.subject.kind, 'signed-in')
    assert.equal(live.subject.name, 'Zoé Œuvrard')
    const other = await open()
    await memory.delete(keys.session(other.digest))
    assert.deepEqual(await peek(other.header), { state: 'ended', digest: other.digest })
  })

  it('answers without a promise and without the store when it has just looked, for two seconds', async () => {
    const { peek, open, calls, clock } = await setUp()
    const { header, digest } = await open()
    const first = await peek(header)
    calls.length = 0
    clock.advance(1_999)
    assert.equal(peek(header), first)
    assert.deepEqual(calls, [])
    clock.advance(1)
    assert.ok(peek(header) instanceof Promise)
    assert.deepEqual(calls, [
      ['get', keys.session(digest)],
      ['timeToLive', keys.session(digest)],
    ])
  })

  it('a clock that is set back does not lengthen what is remembered', async () => {
    const { peek, open, clock } = await setUp()
    const { header } = await open()
    await peek(header)
    clock.set(clock.now() - 3_600_000)
    assert.ok(peek(header) instanceof Promise)
  })

  it('reads a session once for many requests at the same time', async () => {
    const { peek, open, calls } = await setUp()
    const { header } = await open()
    const states = await Promise.all(Array.from({ length: 50 }, () => stateOf(peek(header))))
    assert.ok(states.every((state) => state === 'live'))
    assert.equal(calls.length, 2)
  })

  it('S-19: a broken cookie touches no key at all', async () => {
    const { peek, open, calls } = await setUp()
    const { header } = await open()
    const id = systemRandom.token(24)
    const broken = [
      header.slice(0, -1),
      `${NAME}=${cookieOf(id, 'a stranger')}`,
      `${NAME}=${cookieOf(id).slice(4)}`,
      `${NAME}=${'A'.repeat(8_192)}`,
      `${NAME}=${cookieOf('*'.repeat(32))}`,
      `${NAME}=s%3A\0${cookieOf(id)}`,
      `${NAME}=s%3A*.*`,
      `${NAME}=${cookieOf(id)}%0a`,
      `${NAME}=`,
    ]
    for (const cookies of broken) assert.deepEqual(peek(cookies), { state: 'invalid' }, cookies.slice(0, 60))
    assert.deepEqual(calls, [])
  })

  it('S-11: the cookie of somebody else beside ours is never their session and never ours', async () => {
    const { peek, open, calls } = await setUp()
    const [mine, theirs] = [(await open()).header, (await open()).header]
    assert.deepEqual(peek(`${mine}; ${theirs}`), { state: 'invalid' })
    assert.deepEqual(peek(`${theirs}; ${mine}`), { state: 'invalid' })
    assert.deepEqual(calls, [])
  })

  it('the session of another site is none here', async () => {
    const { peek, open } = await setUp()
    const { header } = await open({ site: 'another-site' })
    assert.equal(await stateOf(peek(header)), 'invalid')
    assert.equal(await stateOf(peek(header)), 'invalid')
  })

  it('a withdrawn secret ends what it signed, also where that is remembered', async () => {
    const { peek, open, secrets } = await setUp()
    const { header } = await open()
    await peek(header)
    secrets.now = ['a newer secret', SECRET]
    assert.equal(await stateOf(peek(header)), 'live')
    secrets.now = ['a newer secret']
    assert.equal(await stateOf(peek(header)), 'invalid')
  })

  it('S-07: ends a session that was idle for too long, also one that is remembered', async () => {
    const { peek, open, clock } = await setUp()
    const { header, record } = await open()
    clock.advance(record.idle - 1_000)
    assert.equal(await stateOf(peek(header)), 'live')
    clock.advance(999)
    assert.ok(!(peek(header) instanceof Promise))
    clock.advance(1)
    assert.equal(await stateOf(peek(header)), 'ended')
  })

  it('S-07: ends a session at its absolute limit even if the store would keep it', async () => {
    const { peek, open, clock, memory } = await setUp()
    const { header, record, digest } = await open({ idle: 36_000_000 })
    await memory.extend(keys.session(digest), 2 * 36_000_000)
    clock.advance(record.endsAt - clock.now() - 1)
    assert.equal(await stateOf(peek(header)), 'live')
    clock.advance(1)
    assert.equal(await stateOf(peek(header)), 'ended')
  })

  it('Q-09: what is not a session of ours under the key is an ended session and a line of the log, never a throw', async () => {
    const lines: unknown[] = []
    const { peek, open, memory, clock } = await setUp(undefined, { ...silentLog, warn: (fields) => lines.push(fields) })
    const record = sessionRecord(clock.now())
    const odd: Readonly<Record<string, string>> = {
      'broken JSON': '{"cookie":{},"person":{',
      empty: '',
      'no object': '"live"',
      null: 'null',
      'no person': '{"cookie":{}}',
      'no cookie part': JSON.stringify({ person: record }),
      'level out of range': JSON.stringify({ cookie: {}, person: { ...record, level: 9 } }),
      'unknown method': JSON.stringify({ cookie: {}, person: { ...record, methods: ['magic'] } }),
      'times as text': JSON.stringify({ cookie: {}, person: { ...record, endsAt: 'never' } }),
      '1 MB': JSON.stringify({ cookie: {}, person: { ...record, device: 'x'.repeat(1_000_000) } }),
    }
    for (const [what, text] of Object.entries(odd)) {
      const { header, digest } = await open()
      await memory.set(keys.session(digest), text, 60_000)
      assert.deepEqual(await peek(header), { state: 'ended', digest }, what)
      const line = lines.pop() as { session: string; reason: string }
      assert.equal(line.session, digest)
      assert.match(line.reason, /^(too-long|not-json|not-a-session)$/)
    }
  })

  it('Q-01: a store that does not answer is a fault, not an anonymous visitor, and the next request asks again', async () => {
    let isAway = true
    const { peek, open } = await setUp((store) => ({
      ...store,
      get: (key) => (isAway ? Promise.reject(new Fault('store-unavailable', 'away')) : store.get(key)),
    }))
    const { header } = await open()
    await assert.rejects(Promise.resolve(peek(header)), (thrown) => thrown instanceof Fault)
    isAway = false
    assert.equal(await stateOf(peek(header)), 'live')
  })

  it('S-05: a message evicts a remembered session at once', async () => {
    const { peek, open, memory } = await setUp()
    const { header, digest } = await open()
    await peek(header)
    await memory.delete(keys.session(digest))
    assert.equal(await stateOf(peek(header)), 'live')
    await memory.publish(channels.sessionEnded, digest)
    assert.equal(await stateOf(peek(header)), 'ended')
  })

  it('S-05: a read that a sign-out overtook is neither believed nor remembered', async () => {
    const answers: PromiseWithResolvers<undefined>[] = []
    const { peek, open, memory } = await setUp((store) => ({
      ...store,
      get: async (key) => {
        const text = await store.get(key)
        const late = Promise.withResolvers<undefined>()
        answers.push(late)
        await late.promise
        return text
      },
    }))
    const { header, digest } = await open()
    const peeked = peek(header)
    // The store has answered, the answer is still on its way: now the session ends elsewhere.
    await memory.ping()
    await memory.delete(keys.session(digest))
    await memory.publish(channels.sessionEnded, digest)
    answers.shift()?.resolve(undefined)
    while (answers.length === 0) await new Promise(setImmediate)
    answers.shift()?.resolve(undefined)
    assert.equal(await stateOf(peeked), 'ended')
  })

  it('S-05: remembers nothing while messages may be missed, and forgets everything after a gap', async () => {
    let isLive = true
    let onGap: (() => void) | undefined
    const { peek, open, memory, calls } = await setUp((store) => ({
      ...store,
      isSubscriptionLive: () => isLive,
      subscribe: (channel, onMessage, onMissed) => {
        onGap = onMissed
        return store.subscribe(channel, onMessage)
      },
    }))
    const { header, digest } = await open()
    await peek(header)
    assert.equal(calls.length, 2)
    isLive = false
    onGap?.()
    await Promise.all([peek(header), peek(header)])
    assert.equal(calls.length, 6)
    await memory.delete(keys.session(digest))
    assert.equal(await stateOf(peek(header)), 'ended')
    isLive = true
    assert.equal(await stateOf(peek(header)), 'ended')
  })
})
