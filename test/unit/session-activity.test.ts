import assert from 'node:assert/strict'
import { describe, it, mock, type TestContext } from 'node:test'
import { Fault } from '../../src/lib/errors.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createActivity } from '../../src/session/activity.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { keys } from '../../src/store/keys.ts'
import type { Store } from '../../src/store/store.ts'
import { createManualClock } from '../kit/clock.ts'
import { recordingStore, sessionRecord } from '../kit/session-records.ts'

const setUp = (context: TestContext, around: (store: Store) => Store = (store) => store) => {
  const clock = createManualClock()
  const memory = createMemoryStore({ clock })
  const { store, calls } = recordingStore(around(memory))
  const lines: string[] = []
  const log = { ...silentLog, warn: (_: unknown, message: string) => lines.push(message) }
  const activity = createActivity({ store, clock, log, interval: 3_600_000 })
  context.after(() => activity.close())
  const record = sessionRecord(clock.now())
  const open = async (digest: string): Promise<string> => {
    await memory.set(keys.session(digest), 'record', record.idle)
    return digest
  }
  return { clock, memory, calls, lines, activity, record, open }
}

describe('activity', () => {
  it('costs one write for any number of requests, which lengthens the session from the last of them', async (context) => {
    const { clock, memory, calls, activity, record, open } = setUp(context)
    const digest = await open('a')
    for (let request = 0; request < 100; request += 1) {
      clock.advance(100)
      activity.seen(digest, record, clock.now())
    }
    assert.deepEqual(calls, [])
    clock.advance(5_000)
    await activity.flush()
    assert.deepEqual(calls, [['extend', keys.session('a')]])
    assert.equal(await memory.timeToLive(keys.session('a')), record.idle - 5_000)
    await activity.flush()
    assert.equal(calls.length, 1)
  })

  it('R13: never brings back a session that ended', async (context) => {
    const { memory, activity, clock, record, open } = setUp(context)
    const digest = await open('a')
    activity.seen(digest, record, clock.now())
    await memory.delete(keys.session('a'))
    await activity.flush()
    assert.equal(await memory.get(keys.session('a')), null)
  })

  it('S-07: never lengthens a session beyond its absolute limit', async (context) => {
    const { memory, activity, clock, record } = setUp(context)
    clock.set(record.endsAt - 60_000)
    await memory.set(keys.session('a'), 'record', 1_000)
    activity.seen('a', record, clock.now())
    await activity.flush()
    assert.equal(await memory.timeToLive(keys.session('a')), 60_000)
    clock.advance(60_000)
    activity.seen('a', record, clock.now())
    await activity.flush()
    assert.equal(await memory.get(keys.session('a')), null)
  })

  it('tells at once of somebody who comes back shortly before the idle limit', async (context) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    context.after(() => mock.timers.reset())
    const { calls, activity, clock, record, open } = setUp(context)
    const digest = await open('a')
    activity.seen(digest, record, clock.now())
    mock.timers.tick(50)
    await activity.flush()
    assert.equal(calls.length, 1)
    clock.advance(10_000)
    activity.seen(digest, record, clock.now())
    mock.timers.tick(50)
    assert.equal(calls.length, 1, 'in the midst of work the next round is soon enough')
    await activity.flush()
    clock.advance(record.idle - 1_000)
    activity.seen(digest, record, clock.now())
    mock.timers.tick(50)
    await new Promise(setImmediate)
    assert.equal(calls.length, 3)
  })

  it('tells at its interval and once more when it closes', async (context) => {
    mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
    context.after(() => mock.timers.reset())
    const clock = createManualClock()
    const { store, calls } = recordingStore(createMemoryStore({ clock }))
    await store.set(keys.session('a'), 'record', 60_000)
    calls.length = 0
    const activity = createActivity({ store, clock, log: silentLog })
    const record = sessionRecord(clock.now())
    activity.seen('a', record, clock.now())
    mock.timers.tick(10_000)
    await new Promise(setImmediate)
    assert.equal(calls.length, 1)
    activity.seen('a', record, clock.now())
    await activity.close()
    assert.equal(calls.length, 2)
    mock.timers.tick(60_000)
    await new Promise(setImmediate)
    assert.equal(calls.length, 2)
  })

  it('keeps what the store could not be told, and says so once a round', async (context) => {
    let isAway = true
    let asked = 0
    const { memory, lines, activity, clock, record, open } = setUp(context, (store) => ({
      ...store,
      extend: (key, ttl) => {
        asked += 1
        return isAway ? Promise.reject(new Fault('store-unavailable', 'away')) : store.extend(key, ttl)
      },
    }))
    for (let person = 0; person < 100; person += 1) activity.seen(await open(`${person}`), record, clock.now())
    clock.advance(1_000)
    await activity.flush()
    assert.deepEqual(lines, ['activity could not be noted'])
    assert.ok(asked <= 16, `an absent store was asked ${asked} times`)
    isAway = false
    await activity.flush()
    for (let person = 0; person < 100; person += 1)
      assert.equal(await memory.timeToLive(keys.session(`${person}`)), record.idle - 1_000)
  })

  it('asks the store for 16 sessions at a time at most', async (context) => {
    let running = 0
    let most = 0
    const { activity, clock, record, open } = setUp(context, (store) => ({
      ...store,
      extend: async (key, ttl) => {
        running += 1
        most = Math.max(most, running)
        await new Promise(setImmediate)
        running -= 1
        return store.extend(key, ttl)
      },
    }))
    for (let person = 0; person < 100; person += 1) activity.seen(await open(`${person}`), record, clock.now())
    await activity.flush()
    assert.equal(most, 16)
  })
})
