import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Fault } from '../../src/lib/errors.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createManualClock } from '../kit/clock.ts'

const MINUTE = 60_000

const isUnavailable = (thrown: unknown): boolean => thrown instanceof Fault && thrown.code === 'store-unavailable'

describe('memory store', () => {
  it('S-16: a flood of new keys is refused at the bound, and no living key is dropped for it', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, maxKeys: 100 })
    await store.set('session:alice', 'record', MINUTE)
    let refused = 0
    for (let at = 0; at < 300; at += 1)
      await store.set(`flood:${at}`, 'x', 10_000).catch((thrown: unknown) => {
        assert.ok(isUnavailable(thrown))
        refused += 1
      })
    assert.equal(refused, 201)
    assert.equal(await store.get('session:alice'), 'record')
    assert.equal(await store.set('session:alice', 'changed', MINUTE), true)
    await assert.rejects(() => store.increment('count:new', MINUTE), isUnavailable)
    clock.advance(10_000)
    assert.equal(await store.set('session:bob', 'record', MINUTE), true)
    assert.equal(await store.get('session:alice'), 'changed')
  })

  it('makes room from what is over before it is full, without walking the whole store', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, maxKeys: 10 })
    for (let at = 0; at < 900; at += 1) {
      await store.set(`short:${at}`, 'x', 2)
      clock.advance(1)
    }
    assert.equal(await store.get('short:899'), 'x')
  })
})
