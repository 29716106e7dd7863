import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemRandom } from '../../src/lib/random.ts'

describe('systemRandom', () => {
  it('draws tokens of 256 bits unless told otherwise, as base64url without padding', () => {
    assert.match(systemRandom.token(), /^[\w-]{43}$/)
    assert.equal(Buffer.from(systemRandom.token(), 'base64url').length, 32)
    assert.equal(Buffer.from(systemRandom.token(16), 'base64url').length, 16)
  })

  it('never draws the same token twice', () => {
    const drawn = Array.from({ length: 2_000 }, () => systemRandom.token())
    assert.equal(new Set(drawn).size, drawn.length)
  })

  it('T-07: draws digits that keep leading zeros and in which every digit is as likely in every place', () => {
    const codes = Array.from({ length: 6_000 }, () => systemRandom.digits(6))
    for (const code of codes) assert.match(code, /^\d{6}$/)
    for (let place = 0; place < 6; place += 1) {
      const counts = Array.from(
        { length: 10 },
        (_, digit) => codes.filter((code) => code[place] === String(digit)).length,
      )
      // 600 expected with a standard deviation of 23: a fair source strays this far once in 10^11 runs.
      for (const count of counts) assert.ok(Math.abs(count - 600) < 165, `place ${place}: ${counts.join(' ')}`)
    }
  })
})
