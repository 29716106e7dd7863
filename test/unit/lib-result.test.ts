import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/lib/clock.ts'
import { accept, refuse, type Result } from '../../src/lib/result.ts'

describe('a result', () => {
  it('is a value or a reason, told apart by `ok`', () => {
    const halve = (value: number): Result<number, 'odd'> => (value % 2 === 0 ? accept(value / 2) : refuse('odd'))
    assert.deepEqual(halve(4), { ok: true, value: 2 })
    assert.deepEqual(halve(3), { ok: false, reason: 'odd' })
  })

  it('accepts an absent value as a value', () => {
    assert.deepEqual(accept(undefined), { ok: true, value: undefined })
  })
})

describe('the system clock', () => {
  it('tells milliseconds since the epoch', () => {
    const before = Date.now()
    const told = systemClock.now()
    assert.ok(before <= told && told <= Date.now())
  })
})
