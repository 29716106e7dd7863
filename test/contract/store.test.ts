import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pass } from 'node:timers/promises'
import { silentLog } from '../../src/lib/log.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createRedisStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { createManualClock } from '../kit/clock.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'

const MINUTE = 60_000

interface Subject {
  readonly store: Store
  /** A second client of the same store: another process. */
  readonly other: Store
  /** Lets milliseconds go by: by the clock's hand, or really. */
  elapse(milliseconds: number): Promise<void>
  close(): Promise<void>
}

const openMemory = (): Promise<Subject> => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock })
  return Promise.resolve({
    store,
    other: store,
    elapse: (milliseconds) => {
      clock.advance(milliseconds)
      return Promise.resolve()
    },
    close: () => store.close(),
  })
}

let redis: RedisServer
let prefixes = 0
const openRedis = (): Promise<Subject> => {
  prefixes += 1
  const prefix = `contract-${prefixes}:`
  const [store, other] = [redis.url, redis.socketUrl].map((url) => createRedisStore({ url, prefix, log: silentLog }))
  assert.ok(store !== undefined && other !== undefined)
  return Promise.resolve({
    store,
    other,
    // Redis has its own clock; a little more than asked for, so that "over" is over.
    elapse: (milliseconds) => pass(milliseconds + 15),
    close: async () => {
      await Promise.all([store.close(), other.close()])
    },
  })
}

before(async () => {
  redis = await startRedis()
})
after(() => redis.stop())

for (const [name, open] of [
  ['memory', openMemory],
  ['Redis', openRedis],
] as const) {
  describe(`store contract: ${name}`, () => {
    let subject: Subject
    let store: Store
    let other: Store
    beforeEach(async () => {
      subject = await open()
      ;({ store, other } = subject)
    })
    afterEach(() => subject.close())

    it('gives back what was set, to every client, and null for what was not', async () => {
      assert.equal(await store.get('a'), null)
      assert.equal(await store.set('a', 'Zoé Œuvrard\n\0', MINUTE), true)
      assert.equal(await other.get('a'), 'Zoé Œuvrard\n\0')
      assert.equal(await store.set('a', '', MINUTE), true)
      assert.equal(await other.get('a'), '')
    })

    it('writes if-absent only once and if-present only over something', async () => {
      assert.equal(await store.set('a', '1', MINUTE, 'if-present'), false)
      assert.equal(await store.get('a'), null)
      assert.equal(await store.set('a', '1', MINUTE, 'if-absent'), true)
      assert.equal(await other.set('a', '2', MINUTE, 'if-absent'), false)
      assert.equal(await store.get('a'), '1')
      assert.equal(await other.set('a', '3', MINUTE, 'if-present'), true)
      assert.equal(await store.get('a'), '3')
    })

    it('T-02: among 50 takers at once on two nodes exactly one gets the value', async () => {
      await store.set('code', 'hash', MINUTE)
      const taken = await Promise.all(Array.from({ length: 50 }, (_, at) => (at % 2 ? store : other).take('code')))
      assert.deepEqual(
        taken.filter((value) => value !== null),
        ['hash'],
      )
      assert.equal(await store.take('code'), null)
      assert.equal(await store.get('code'), null)
    })

    it('among 50 writers if-absent at once exactly one writes', async () => {
      const wrote = await Promise.all(
        Array.from({ length: 50 }, (_, at) => (at % 2 ? store : other).set('a', `${at}`, MINUTE, 'if-absent')),
      )
      const winner = wrote.indexOf(true)
      assert.equal(wrote.lastIndexOf(true), winner)
      assert.equal(await store.get('a'), `${winner}`)
    })

    it('replaces only the expected value and keeps the time to live', async () => {
      assert.equal(await store.replace('a', 'x', 'y'), false)
      assert.equal(await store.get('a'), null)
      await store.set('a', 'x', MINUTE)
      assert.equal(await other.replace('a', 'z', 'y'), false)
      assert.equal(await store.get('a'), 'x')
      assert.equal(await other.replace('a', 'x', 'y'), true)
      assert.equal(await store.get('a'), 'y')
      const left = (await store.timeToLive('a')) ?? 0
      assert.ok(left > MINUTE - 5_000 && left <= MINUTE, `${left} ms left`)
    })

    it('among 50 replacements of one value at once exactly one succeeds', async () => {
      await store.set('a', 'old', MINUTE)
      const done = await Promise.all(
        Array.from({ length: 50 }, (_, at) => (at % 2 ? store : other).replace('a', 'old', `${at}`)),
      )
      assert.equal(done.filter(Boolean).length, 1)
    })

    it('deletes, and says whether there was something', async () => {
      await store.set('a', '1', MINUTE)
      assert.equal(await other.delete('a'), true)
      assert.equal(await store.get('a'), null)
      assert.equal(await store.delete('a'), false)
    })

    it('forgets a value when its time is over, for every operation', async () => {
      for (const key of ['get', 'take', 'ttl', 'replace', 'extend', 'present', 'absent']) await store.set(key, 'x', 300)
      assert.equal(await store.get('get'), 'x')
      await subject.elapse(300)
      assert.equal(await store.get('get'), null)
      assert.equal(await store.take('take'), null)
      assert.equal(await store.timeToLive('ttl'), null)
      assert.equal(await store.replace('replace', 'x', 'y'), false)
      assert.equal(await store.extend('extend', MINUTE), false)
      assert.equal(await store.set('present', 'y', MINUTE, 'if-present'), false)
      assert.equal(await store.set('absent', 'y', MINUTE, 'if-absent'), true)
    })

    it('R13: extending never brings back what is gone and never shortens a life', async () => {
      assert.equal(await store.extend('a', MINUTE), false)
      assert.equal(await store.get('a'), null)
      await store.set('a', 'x', 500)
      assert.equal(await other.extend('a', 10 * MINUTE), true)
      assert.equal(await store.extend('a', 1), true)
      const left = (await store.timeToLive('a')) ?? 0
      assert.ok(left > 9 * MINUTE && left <= 10 * MINUTE, `${left} ms left`)
      await subject.elapse(600)
      assert.equal(await store.get('a'), 'x')
    })

    it('tells the time left', async () => {
      assert.equal(await store.timeToLive('a'), null)
      await store.set('a', 'x', MINUTE)
      const left = (await other.timeToLive('a')) ?? 0
      assert.ok(left > MINUTE - 5_000 && left <= MINUTE, `${left} ms left`)
    })

    it('T-03: counts exactly when 50 add at once on two nodes, within a window that starts with the first', async () => {
      const counts = await Promise.all(
        Array.from({ length: 50 }, (_, at) => (at % 2 ? store : other).increment('n', MINUTE)),
      )
      assert.deepEqual(
        counts.toSorted((a, b) => a - b),
        Array.from({ length: 50 }, (_, at) => at + 1),
      )
      await store.increment('window', 300)
      await subject.elapse(150)
      assert.equal(await store.increment('window', 300), 2)
      await subject.elapse(150)
      assert.equal(await store.increment('window', 300), 1)
    })

    it('C-09: lets as many tries pass as a budget has free when 50 come at once on two nodes, then one per wait', async () => {
      const budget = { free: 5, wait: 300, longest: 400, window: MINUTE }
      const burst = () =>
        Promise.all(Array.from({ length: 50 }, (_, at) => (at % 2 ? store : other).spend('b', budget)))
      const first = await burst()
      assert.equal(first.filter(({ passed }) => passed).length, 6)
      for (const { passed, wait } of first) if (!passed) assert.ok(wait > 0 && wait <= 300, `${wait}`)
      assert.deepEqual(
        (await burst()).filter(({ passed }) => passed),
        [],
      )
      await subject.elapse(300)
      const second = await burst()
      assert.deepEqual(
        second.filter(({ passed }) => passed),
        [{ passed: true, count: 7, wait: 400 }],
      )
      assert.equal((await store.spent('b', budget)).count, 7)
    })

    it('doubles the wait with every try, up to the longest, and forgets everything after the window', async () => {
      const budget = { free: 1, wait: 20, longest: 60, window: 120 }
      assert.deepEqual(await store.spend('b', budget), { passed: true, count: 1, wait: 0 })
      for (const wait of [20, 40, 60, 60]) {
        assert.equal((await other.spend('b', budget)).wait, wait)
        await subject.elapse(wait)
      }
      await subject.elapse(120)
      assert.deepEqual(await store.spent('b', budget), { count: 0, wait: 0 })
      assert.equal((await store.spend('b', budget)).count, 1)
    })

    it('C-04: lets nothing pass any more once the most of a budget is spent, for the rest of its window', async () => {
      const budget = { free: 3, wait: 0, longest: 0, window: MINUTE, most: 3 }
      for (const count of [1, 2, 3]) assert.deepEqual(await store.spend('b', budget), { passed: true, count, wait: 0 })
      const closed = await other.spend('b', budget)
      assert.equal(closed.passed, false)
      assert.equal(closed.count, 3)
      assert.ok(closed.wait > MINUTE - 5_000 && closed.wait <= MINUTE, `${closed.wait}`)
      const { wait } = await store.spent('b', budget)
      assert.ok(wait > MINUTE - 5_000, `${wait}`)
    })

    it('takes back a try that was none, with the wait that it began and no other', async () => {
      const budget = { free: 1, wait: MINUTE, longest: MINUTE, window: MINUTE }
      const first = await store.spend('b', budget)
      const second = await store.spend('b', budget)
      assert.ok((await store.spent('b', budget)).wait > 0)
      await other.giveBack('b', first.count)
      assert.ok((await store.spent('b', budget)).wait > 0, 'the wait of another try is not ended')
      await other.giveBack('b', second.count - 1)
      assert.deepEqual(await store.spent('b', budget), { count: 0, wait: 0 })
      await store.giveBack('b', 1)
      await store.giveBack('never spent', 1)
      assert.equal(await store.get('never spent'), null)
      assert.equal((await store.spend('b', budget)).count, 1)
    })

    it('takes what is no budget for one of which nothing is spent', async () => {
      await store.set('b', 'something else', MINUTE)
      assert.equal((await store.spend('b', { free: 1, wait: 1, longest: 1, window: MINUTE })).count, 1)
    })

    it('keeps sets, whose life is the longest that was asked for', async () => {
      assert.deepEqual(await store.members('s'), [])
      await store.addMember('s', 'a', MINUTE)
      await other.addMember('s', 'b', 300)
      await other.addMember('s', 'b', 300)
      assert.deepEqual((await store.members('s')).toSorted(), ['a', 'b'])
      const left = (await store.timeToLive('s')) ?? 0
      assert.ok(left > MINUTE - 5_000, `${left} ms left`)
      await store.removeMember('s', 'a')
      await store.removeMember('s', 'never there')
      assert.deepEqual(await other.members('s'), ['b'])
      await store.removeMember('s', 'b')
      assert.equal(await store.timeToLive('s'), null)
      await store.addMember('short', 'a', 300)
      await subject.elapse(300)
      assert.deepEqual(await store.members('short'), [])
    })

    it('finds keys by how they begin, glob characters being letters', async () => {
      for (const key of ['session:aa1', 'session:aa2', 'session:b', 'count:*', 'count:x'])
        await store.set(key, '1', MINUTE)
      await store.addMember('account-sessions:r:1', 'x', MINUTE)
      assert.deepEqual((await other.scan('session:aa', 10)).toSorted(), ['session:aa1', 'session:aa2'])
      assert.deepEqual(await other.scan('count:*', 10), ['count:*'])
      assert.deepEqual(await other.scan('account-sessions:', 10), ['account-sessions:r:1'])
      assert.deepEqual(await other.scan('s[e]ssion:', 10), [])
      assert.equal((await other.scan('', 3)).length, 3)
    })

    it('delivers each message to every subscriber of the channel until it leaves', async () => {
      const heard: string[] = []
      const all = Promise.withResolvers<undefined>()
      const leave = await store.subscribe('ended', (message) => heard.push(`left ${message}`))
      await store.subscribe('elsewhere', (message) => heard.push(`elsewhere ${message}`))
      await other.subscribe('ended', (message) => {
        heard.push(`stayed ${message}`)
        if (message === 'last') all.resolve(undefined)
      })
      assert.equal(store.isSubscriptionLive(), true)
      const first = Promise.withResolvers<undefined>()
      const leaveFirst = await store.subscribe('ended', () => first.resolve(undefined))
      await other.publish('ended', 'one')
      await first.promise
      await leave()
      await leaveFirst()
      await store.publish('ended', 'last')
      await all.promise
      assert.deepEqual(heard.toSorted(), ['left one', 'stayed last', 'stayed one'])
    })

    it('refuses a time to live that is none', async () => {
      for (const ttl of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await assert.rejects(() => store.set('a', 'x', ttl), RangeError)
        await assert.rejects(() => store.increment('n', ttl), RangeError)
        await assert.rejects(() => store.addMember('s', 'm', ttl), RangeError)
      }
      assert.equal(await store.get('a'), null)
    })

    it('answers a ping', async () => {
      await store.ping()
    })
  })
}
