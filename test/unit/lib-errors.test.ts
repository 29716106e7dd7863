import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf, ERRORS, Fault, type ErrorCode } from '../../src/lib/errors.ts'

describe('the table of errors', () => {
  it('gives every code a status of a refusal or a fault, and faults the level error', () => {
    for (const [code, { status, level }] of Object.entries(ERRORS)) {
      assert.ok(status >= 400 && status <= 599, code)
      if (status >= 500 && status !== 501) assert.equal(level, 'error', code)
    }
  })

  it('answers each situation with its own status', () => {
    const statuses: Partial<Record<ErrorCode, number>> = {
      'path-ambiguous': 400,
      'sign-in-required': 401,
      'host-unknown': 421,
      'headers-too-large': 431,
      'upstream-unreachable': 502,
      'store-unavailable': 503,
      'upstream-timeout': 504,
    }
    for (const [code, status] of Object.entries(statuses)) assert.equal(ERRORS[code as ErrorCode].status, status, code)
  })
})

describe('a fault', () => {
  it('carries its code, its message and what caused it', () => {
    const cause = new Error('connect ECONNREFUSED')
    const fault = new Fault('store-unavailable', 'redis does not answer', { cause })
    assert.ok(fault instanceof Error)
    assert.deepEqual([fault.name, fault.code, fault.message], ['Fault', 'store-unavailable', 'redis does not answer'])
    assert.equal(fault.cause, cause)
  })

  it('is the only thing whose code is believed: everything else that is thrown is a `fault`', () => {
    const lookalike = Object.assign(new Error('not ours'), { code: 'sign-in-required' })
    for (const thrown of [new Error('x'), lookalike, 'text', undefined, null, { code: 'not-found' }])
      assert.equal(codeOf(thrown), 'fault')
    assert.equal(codeOf(new Fault('upstream-timeout', 'x')), 'upstream-timeout')
  })
})
