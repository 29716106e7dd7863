import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createKnownBrowsers } from '../../src/sign-in/known-browsers.ts'
import { createThrottle, type Throttle, type Who } from '../../src/sign-in/throttle.ts'
import { createWaits } from '../../src/sign-in/waits.ts'
import { createRedisStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'

/** Two nodes of one gate: the same keys, each with a connection of its own. */

const secret = randomBytes(32)
const key = { current: () => secret, every: () => [secret] }
const known = createKnownBrowsers({ key, clock: systemClock, random: systemRandom })

let redis: RedisServer
let stores: readonly Store[]
let nodes: readonly [Throttle, Throttle]
before(async () => {
  redis = await startRedis()
  stores = [redis.url, redis.socketUrl].map((url) => createRedisStore({ url, prefix: 'throttle:', log: silentLog }))
  const [one, two] = stores.map((store) => createThrottle({ store, key, known }))
  assert.ok(one !== undefined && two !== undefined)
  nodes = [one, two]
})
after(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await redis.stop()
})

const who = (login: string, fields: Partial<Who> = {}): Who => ({
  realm: 'onco-test',
  login,
  address: '192.0.2.10',
  shown: undefined,
  ...fields,
})
const at = (round: number): Throttle => nodes[round % 2 === 0 ? 0 : 1]
const fail = async (round: number, person: Who): Promise<string> => {
  const admitted = await at(round).admit('password', person)
  if (!admitted.ok) return admitted.reason.because
  await admitted.value.failed()
  return 'judged'
}

describe('tries on two nodes of one Redis', () => {
  it('C-09: sixty wrong passwords at once, at both nodes, are judged no more often than the budget says', async () => {
    const seen = await Promise.all(Array.from({ length: 60 }, (_, round) => fail(round, who('burst'))))
    assert.equal(seen.filter((outcome) => outcome === 'judged').length, 6)
  })

  it('C-09: the budget of an account holds whatever address each try comes from', async () => {
    const seen = await Promise.all(
      Array.from({ length: 80 }, (_, round) => fail(round, who('spread', { address: `203.0.${round}.7` }))),
    )
    assert.equal(seen.filter((outcome) => outcome === 'judged').length, 21)
  })

  it('C-05: what is spent at one node is spent at the other, and a known browser has its own at both', async () => {
    for (let round = 0; round < 8; round += 1) await fail(0, who('owner'))
    assert.equal(await fail(1, who('owner')), 'tries')
    const shown = known.remember(undefined, { realm: 'onco-test', login: 'owner' })
    const seen: string[] = []
    for (let round = 0; round < 8; round += 1) seen.push(await fail(round, who('owner', { shown })))
    assert.deepEqual(seen, [...Array<string>(6).fill('judged'), 'tries', 'tries'])
  })

  it('a right answer gives its try back everywhere, and a whole sign-in makes the budget whole', async () => {
    for (let round = 0; round < 20; round += 1) {
      const admitted = await at(round).admit('password', who('right'))
      assert.ok(admitted.ok, `round ${round}`)
      await admitted.value.giveBack()
    }
    for (let round = 0; round < 6; round += 1) assert.equal(await fail(round, who('right')), 'judged')
    assert.equal(await fail(0, who('right')), 'tries')
    await nodes[1].clear(who('right'))
    assert.equal(await fail(0, who('right')), 'judged')
  })

  it('an operator beside the nodes sees what somebody waits for, and ends it at all of them', async () => {
    const person = { realm: 'onco-test', login: 'locked' }
    for (let round = 0; round < 7; round += 1) await fail(round, who('locked'))
    const waits = createWaits({ store: stores[0] ?? assert.fail(), key })
    const seen = await waits.of(person)
    assert.deepEqual(
      seen.map(({ what, count, isClosed }) => [what, count, isClosed]),
      [
        ['run', 6, false],
        ['account', 6, false],
        ['pair', 6, false],
      ],
    )
    assert.ok((seen.at(-1)?.wait ?? 0) > 20_000)
    assert.equal(await waits.end(person), 3)
    assert.equal(await fail(1, who('locked')), 'judged')
    assert.equal(await fail(0, who('owner')), 'tries', 'nobody else is let in')
  })

  it('is a fault while Redis does not answer: nobody is let in uncounted (Q-10)', async () => {
    redis.pause()
    try {
      await assert.rejects(nodes[0].admit('password', who('away')), { name: 'Fault', code: 'store-unavailable' })
    } finally {
      redis.resume()
    }
  })
})
