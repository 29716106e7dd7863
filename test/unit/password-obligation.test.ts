import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { passwordEnd, passwordObligation } from '../../src/accounts/password-obligation.ts'

const DAY = 86_400_000
const facts = (passwordSetAt: number | null, passwordMustChange = false) => ({ passwordSetAt, passwordMustChange })

describe('the obligation to change a password', () => {
  it('seed 004: comes with the first use of one that somebody else has chosen, and after four months', () => {
    const policy = { expires: 120 * DAY }
    assert.equal(passwordObligation(facts(0, true), policy, 1), 'first-use')
    assert.equal(passwordObligation(facts(0), policy, 120 * DAY - 1), null)
    assert.equal(passwordObligation(facts(0), policy, 120 * DAY), 'expired')
    assert.equal(passwordObligation(facts(0, true), policy, 400 * DAY), 'first-use')
    assert.equal(passwordEnd(facts(DAY), policy), 121 * DAY)
  })

  it('C-13: never comes by the calendar where the site does not say so', () => {
    assert.equal(passwordObligation(facts(0), { expires: 'never' }, 4_000 * DAY), null)
    assert.equal(passwordObligation(facts(0, true), { expires: 'never' }, 0), 'first-use')
    assert.equal(passwordObligation(facts(null), { expires: DAY }, 400 * DAY), null)
  })
})
