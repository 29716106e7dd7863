import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { LOGIN_LIMIT, loginKey } from '../../src/accounts/login-key.ts'

const key = (login: string): string | null => {
  const result = loginKey(login)
  return result.ok ? result.value : null
}

describe('login key', () => {
  it('is the same for every way of writing the same letters', () => {
    for (const login of ['Zoé.Œuvrard', 'ZOÉ.ŒUVRARD', 'zoe\u0301.œuvrard', '\u00a0zoé.œuvrard \t', 'ｚoé.œuvrard']) {
      assert.equal(key(login), 'zoé.œuvrard', login)
    }
  })

  it('keeps accents, marks and inner blanks apart', () => {
    const keys = ['zoé', 'zoe', 'zo.é', 'zo é', 'zoè', 'zoé-'].map(key)
    assert.equal(new Set(keys).size, keys.length)
  })

  it('lowers as the root locale does: a dotted capital I is not a plain i', () => {
    assert.equal(key('INES'), 'ines')
    assert.notEqual(key('İNES'), 'ines')
  })

  it('C-17: refuses what nobody can see, instead of dropping it', () => {
    const invisible = ['\0', '\u0007', '\u001b[31m', '\u200b', '\u202e', '\ufeff', '\u2028', '\ud800', '\ue000', 'a\nb']
    for (const text of invisible) {
      const result = loginKey(`zoé${text}œuvrard`)
      assert.deepEqual(result, { ok: false, reason: 'login-malformed' }, JSON.stringify(text))
    }
  })

  it('refuses the empty login and the one that is too long, counted after normalisation', () => {
    assert.deepEqual(loginKey(' \t '), { ok: false, reason: 'login-missing' })
    assert.equal(key('é'.repeat(LOGIN_LIMIT))?.length, LOGIN_LIMIT)
    assert.equal(key('e\u0301'.repeat(LOGIN_LIMIT))?.length, LOGIN_LIMIT)
    for (const long of ['é'.repeat(LOGIN_LIMIT + 1), '\ufdfa'.repeat(20), 'a'.repeat(1_048_576)]) {
      assert.deepEqual(loginKey(long), { ok: false, reason: 'login-too-long' })
    }
  })

  it('is its own key, whatever was typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (login) => {
        const once = key(login)
        assert.equal(once === null ? null : key(once), once)
      }),
      { numRuns: 1_000 },
    )
  })
})
