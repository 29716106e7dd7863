import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { PeekResult } from '../../src/session/peek.ts'
import { createRedisStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { startGate } from '../kit/gate.ts'
import { eventually } from '../kit/instance.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { startSessionNode, type SessionNode } from '../kit/session-node.ts'
import { startHttpUpstream } from '../kit/upstream.ts'
import { createVisitor, signIn } from '../kit/visitor.ts'

/** What nodes remember of sessions for two seconds, with a real Redis that stops telling them what happens. */

type Node = SessionNode & { readonly store: Store }

let redis: RedisServer
let raw: Redis
let one: Node
let two: Node
const open: (() => Promise<void>)[] = []

before(async () => {
  redis = await startRedis()
  raw = new Redis(redis.url)
  await raw.call('ACL', 'SETUSER', 'listener', 'on', '>heard', '~*', '&*', '+@all')
})
after(async () => {
  raw.disconnect()
  await redis.stop()
})

const startNode = async (url: string): Promise<Node> => {
  const store = createRedisStore({ url, prefix: 'cache:', log: silentLog })
  const node = await startSessionNode({
    store,
    clock: systemClock,
    log: silentLog,
    secrets: () => ['secret of the test'],
  })
  open.push(async () => {
    await node.close()
    await store.close()
  })
  return { ...node, store }
}

beforeEach(async () => {
  ;[one, two] = await Promise.all([startNode(redis.url), startNode(redis.url.replace('//', '//listener:heard@'))])
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

const stateOf = async (cookie: string): Promise<PeekResult['state']> => (await two.peek(cookie)).state
const remembers = (cookie: string): boolean => !(two.peek(cookie) instanceof Promise)

describe('S-05: what a node remembers of a session while Redis does not tell it what happens', () => {
  it('is nothing while its subscription is refused: what ends elsewhere has ended here with the next request', async () => {
    const cookies = await Promise.all(Array.from({ length: 3 }, () => one.signIn()))
    for (const cookie of cookies) assert.equal(await stateOf(cookie), 'live')
    assert.ok(cookies.every(remembers))
    // Commands go on; the connection that listens is ended, and no new one may subscribe.
    await raw.call('ACL', 'SETUSER', 'listener', 'resetchannels')
    await eventually(() => !two.store.isSubscriptionLive(), 'the loss is noticed')
    for (const cookie of cookies) {
      assert.equal(await stateOf(cookie), 'live')
      assert.ok(!remembers(cookie))
    }
    await one.lifecycle.endAll('onco-demo', 'account-1', 'revoked')
    for (const cookie of cookies) assert.equal(await stateOf(cookie), 'ended')
    await raw.call('ACL', 'SETUSER', 'listener', '&*')
    await eventually(() => two.store.isSubscriptionLive(), 'it listens again')
    const later = await one.signIn()
    assert.equal(await stateOf(later), 'live')
    assert.ok(remembers(later))
  })

  it('is forgotten when the connection was lost and came back between two requests', async () => {
    for (let round = 0; round < 5; round += 1) {
      const cookie = await one.signIn()
      assert.equal(await stateOf(cookie), 'live')
      assert.ok(remembers(cookie))
      await raw.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      // Ended so early that nobody listens, as far as this node is concerned.
      await one.lifecycle.endAll('onco-demo', 'account-1', 'revoked')
      await eventually(() => !remembers(cookie), 'the loss is noticed')
      assert.equal(await stateOf(cookie), 'ended')
      await eventually(() => two.store.isSubscriptionLive(), 'it listens again')
      assert.equal(await stateOf(cookie), 'ended')
    }
  })
})

describe('activity of people', () => {
  it('costs the store a write now and then, never one for each request; background polling none at all', async () => {
    const upstream = await startHttpUpstream()
    const gate = await startGate({
      upstream: upstream.url,
      site: { session: { background: ['/dcc/poll'] } },
      config: { store: { redis: redis.url, prefix: 'gate:' } },
    })
    try {
      const visitor = createVisitor(gate)
      await signIn(gate, visitor)
      await visitor.page('/dcc/')
      await gate.settle()
      const writes = async (): Promise<number> => {
        const stats = await raw.info('commandstats')
        const counted = [...stats.matchAll(/^cmdstat_(?:set|getdel|del|pexpire|evalsha|eval|sadd):calls=(\d+)/gm)]
        return counted.reduce((sum, [, calls]) => sum + Number(calls), 0)
      }
      const before = await writes()
      for (let request = 0; request < 100; request += 1) assert.equal((await visitor.ask('/dcc/poll')).status, 200)
      await gate.settle()
      assert.equal(await writes(), before)
      for (let request = 0; request < 100; request += 1) assert.equal((await visitor.ask('/dcc/page')).status, 200)
      await gate.settle()
      const made = (await writes()) - before
      assert.ok(made >= 1 && made < 25, `${made} writes for 100 requests`)
    } finally {
      await gate.stop()
      await upstream.stop()
    }
  })
})
