import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { callEvents, callOf, callSite, click, lastReason, makeHospital, open } from '../kit/calls.ts'
import { createManualClock } from '../kit/clock.ts'
import { startGate, type Gate } from '../kit/gate.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, type Visitor } from '../kit/visitor.ts'

let redis: RedisServer
let client: Redis
let upstream: HttpUpstream
let one: Gate
let two: Gate
const clock = createManualClock()
const chu = makeHospital('chu', '990000017')
const folder = createTempFolder('call-nodes')

const startNode = (first: boolean): Promise<Gate> =>
  startGate({
    upstream: upstream.url,
    clock,
    site: callSite([chu]),
    ...(first ? {} : { people: [] }),
    settings: { databaseUrl: `sqlite:${folder.path}/both.sqlite` },
    config: { store: { redis: redis.url, prefix: 'test:' }, keys: `${folder.path}/keys` },
  })

before(async () => {
  ;[redis, upstream] = await Promise.all([startRedis(), startHttpUpstream()])
  client = new Redis(redis.url)
  one = await startNode(true)
  two = await startNode(false)
  clock.advance('1h')
})
after(async () => {
  await Promise.all([one.stop(), two.stop()])
  client.disconnect()
  await Promise.all([redis.stop(), upstream.stop()])
  folder[Symbol.dispose]()
})

/** The same browser, served by the other node. */
const at = (gate: Gate, visitor: Visitor): Visitor => {
  const other = createVisitor(gate)
  for (const [name, value] of visitor.cookies) other.cookies.set(name, value)
  return other
}

const call = (over = {}) => callOf(chu, clock.now(), over)

describe('calls on two nodes with one Redis', () => {
  it('X-01: 50 in parallel on both nodes open one session', async () => {
    const token = call()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, round) => open(createVisitor(round % 2 === 0 ? one : two), token)),
    )
    assert.equal(answers.filter(({ status }) => status === 303).length, 1)
    assert.equal(callEvents(one, 'session.started').length + callEvents(two, 'session.started').length, 1)
  })

  it('a call that arrived on one node goes on on the other', async () => {
    const visitor = createVisitor(one)
    const away = await click(visitor, call())
    const opened = await at(two, visitor).page(away.location ?? '', { 'sec-fetch-site': 'cross-site' })
    assert.equal(opened.location?.startsWith('/dcc/patient'), true, opened.body)
  })

  it('X-01: a used call stays used when Redis has lost its memory, and the next one works', async () => {
    const token = call()
    assert.equal((await open(createVisitor(one), token)).status, 303)
    await client.flushall()
    assert.equal((await open(createVisitor(two), token)).status, 403)
    assert.equal(lastReason(two), 'memory-lost')
    // Made by a clock that runs ahead, as far as clocks may: it could have been used before the loss.
    const early = call({ iat: Math.floor(clock.now() / 1_000) + 5, exp: Math.floor(clock.now() / 1_000) + 60 })
    assert.equal((await open(createVisitor(one), early)).status, 403)
    assert.equal(lastReason(one), 'memory-lost')
    clock.advance('6s')
    assert.equal((await open(createVisitor(two), call())).status, 303)
    assert.equal((await open(createVisitor(one), token)).status, 403)
  })

  it('S-21: Redis holds no trait of a patient, and every key of a call ends', async () => {
    await click(createVisitor(one), call())
    await open(createVisitor(one), call())
    const dump: string[] = []
    for (const key of [...(await client.keys('test:call*')), ...(await client.keys('test:session:*'))]) {
      assert.notEqual(await client.pttl(key), -1, key)
      dump.push(key, (await client.get(key)) ?? '')
    }
    const all = dump.join('\n')
    assert.ok(dump.length > 4)
    for (const secret of ['250029912345672', 'FICTIVE-DURAND', '1950-02-01', 'IPP-0001'])
      assert.equal(all.includes(secret), false, secret)
  })
})
