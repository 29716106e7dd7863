import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkClaims, type ClaimsOptions } from '../../src/identity/jws/claims.ts'

const NOW = Date.parse('2026-11-27T09:00:00Z')
const SECOND = NOW / 1_000
const OPTIONS: ClaimsOptions = {
  issuer: 'https://dpi.example.test',
  audience: 'https://dcc.example.test',
  now: NOW,
  leeway: 30_000,
  maxAge: 120_000,
  maxLife: 120_000,
  needs: ['sub', 'jti'],
}
const CLAIMS = {
  iss: OPTIONS.issuer,
  aud: OPTIONS.audience,
  sub: '899900000017',
  jti: 'c-1',
  iat: SECOND - 5,
  exp: SECOND + 60,
}

const outcome = (over: Record<string, unknown>, options: Partial<ClaimsOptions> = {}): string => {
  const checked = checkClaims({ ...CLAIMS, ...over }, { ...OPTIONS, ...options })
  return checked.ok ? 'accepted' : checked.reason
}

describe('claims of by whom, for whom and when', () => {
  it('are accepted when they are exactly right, and give the times', () => {
    assert.deepEqual(checkClaims(CLAIMS, OPTIONS), {
      ok: true,
      value: { issuedAt: NOW - 5_000, expiresAt: NOW + 60_000 },
    })
  })

  it('J-06: refuse another issuer, a slash more included', () => {
    for (const iss of ['https://dpi.example.test/', 'https://DPI.example.test', '', undefined, [OPTIONS.issuer], null])
      assert.equal(outcome({ iss }), 'issuer-wrong')
  })

  it('J-06: take one audience as text or list, and others beside it only where that is asked for', () => {
    assert.equal(outcome({ aud: [OPTIONS.audience] }), 'accepted')
    for (const aud of [
      [OPTIONS.audience, 'other'],
      [],
      undefined,
      7,
      `${OPTIONS.audience}/`,
      [OPTIONS.audience, 7],
      {},
    ])
      assert.equal(outcome({ aud }), 'audience-wrong')
    assert.equal(outcome({ aud: ['other', OPTIONS.audience] }, { audienceIs: 'among' }), 'accepted')
    assert.equal(outcome({ aud: ['other'] }, { audienceIs: 'among' }), 'audience-wrong')
  })

  it('J-06: refuse a subject or an id that is empty, a number, or without end', () => {
    for (const bad of ['', 7, null, undefined, ['x'], 'x'.repeat(256)]) {
      assert.equal(outcome({ sub: bad }), 'subject-missing')
      assert.equal(outcome({ jti: bad }), 'id-missing')
    }
    assert.equal(outcome({ sub: undefined, jti: undefined }, { needs: [] }), 'accepted')
  })

  it('X-03: refuse what has no end, ends in ten years, begins in the future, ended, or is too old', () => {
    assert.equal(outcome({ exp: undefined }), 'expiry-missing')
    assert.equal(outcome({ exp: SECOND + 10 * 365 * 86_400 }), 'lives-too-long')
    assert.equal(outcome({ iat: SECOND + 31, exp: SECOND + 60 }), 'issued-in-future')
    assert.equal(outcome({ exp: SECOND - 31, iat: SECOND - 60 }), 'expired')
    assert.equal(outcome({ exp: SECOND - 1, iat: SECOND - 60 }, { leeway: 0 }), 'expired')
    assert.equal(outcome({ iat: undefined }), 'issued-missing')
    assert.equal(outcome({ iat: SECOND - 300, exp: SECOND + 60 }, { maxLife: 1e9 }), 'too-old')
    assert.equal(outcome({ iat: SECOND - 5, exp: SECOND - 6 }), 'lives-too-long')
    assert.equal(outcome({ nbf: SECOND + 31 }), 'not-yet-valid')
  })

  it('J-06: hold at the edges of the leeway, to the second', () => {
    assert.equal(outcome({ iat: SECOND + 30, exp: SECOND + 60 }), 'accepted')
    assert.equal(outcome({ exp: SECOND - 29, iat: SECOND - 60 }), 'accepted')
    assert.equal(outcome({ exp: SECOND - 30, iat: SECOND - 60 }), 'expired')
    assert.equal(outcome({ nbf: SECOND + 30 }), 'accepted')
    assert.equal(outcome({ iat: SECOND - 5, exp: SECOND + 115 }), 'accepted')
    assert.equal(outcome({ iat: SECOND - 5, exp: SECOND + 116 }), 'lives-too-long')
  })

  it('J-06: refuse times that are texts, milliseconds, or no numbers', () => {
    for (const bad of [String(SECOND + 60), NOW + 60_000, Number.NaN, Infinity, -1, null, [SECOND + 60]])
      assert.equal(outcome({ exp: bad }), 'expiry-missing')
    assert.equal(outcome({ iat: String(SECOND) }), 'issued-missing')
    assert.equal(outcome({ nbf: 'soon' }), 'not-yet-valid')
  })
})
