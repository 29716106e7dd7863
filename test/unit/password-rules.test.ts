import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generatePassword } from '../../src/accounts/generated-password.ts'
import { unmetPasswordRules, type PasswordPolicy } from '../../src/accounts/password-rules.ts'
import { systemRandom } from '../../src/lib/random.ts'

const policy = (length: number, classes: PasswordPolicy['classes'] = []): PasswordPolicy => ({
  length,
  classes,
  forgotten: 'referent',
})
const seed003 = policy(8, ['upper', 'lower', 'digit-or-special'])

describe('password rules', () => {
  it('are those of seed 003: eight characters, a capital, a small letter, a digit or special character', () => {
    for (const password of ['Muguet26', 'Muguet!!', 'Été 2026', 'ÉTÉ-été!', 'Aaaaaaa_', 'Aaaaaaa ']) {
      assert.deepEqual(unmetPasswordRules(password, seed003), [], password)
    }
    assert.deepEqual(unmetPasswordRules('', seed003), ['length', 'upper', 'lower', 'digit-or-special'])
    assert.deepEqual(unmetPasswordRules('muguetmuguet', seed003), ['upper', 'digit-or-special'])
    assert.deepEqual(unmetPasswordRules('MUGUET26', seed003), ['lower'])
    assert.deepEqual(unmetPasswordRules('Mugu26', seed003), ['length'])
    for (const special of '.!#$%&\'()*+,-./:;<=>?[]^_{}"@`|~\\€') {
      assert.deepEqual(unmetPasswordRules(`Muguets${special}`, seed003), [], special)
    }
  })

  it('count characters, not bytes or halves, and accents once however they are typed', () => {
    assert.deepEqual(unmetPasswordRules('🌼🌼🌼🌼', policy(8)), ['length'])
    assert.deepEqual(unmetPasswordRules('🌼'.repeat(8), policy(8)), [])
    assert.deepEqual(unmetPasswordRules('e\u0301'.repeat(4), policy(8)), ['length'])
    assert.deepEqual(unmetPasswordRules('e\u0301'.repeat(8), policy(8, ['special'])), ['special'])
  })

  it('ask for nothing that the site does not ask for', () => {
    assert.deepEqual(unmetPasswordRules('aaaaaaaa', policy(8)), [])
    assert.deepEqual(unmetPasswordRules('aaaaaaaa', policy(12, ['digit', 'special'])), ['length', 'digit', 'special'])
  })

  it('C-15: a password over 1024 bytes is only too long', () => {
    assert.deepEqual(unmetPasswordRules('é'.repeat(513), seed003), ['too-long'])
    assert.deepEqual(unmetPasswordRules(`Aa1${'a'.repeat(1_021)}`, seed003), [])
  })
})

describe('generated password', () => {
  it('meets the rules, whatever they are, and never comes twice', () => {
    const strict = policy(64, ['upper', 'lower', 'digit', 'special', 'digit-or-special'])
    for (const rules of [seed003, policy(8), strict]) {
      const passwords = Array.from({ length: 200 }, () => generatePassword(systemRandom, rules))
      for (const password of passwords) assert.deepEqual(unmetPasswordRules(password, rules), [], password)
      assert.equal(new Set(passwords).size, passwords.length)
    }
  })

  it('has no character that is taken for another, and every other one is as likely', () => {
    const text = Array.from({ length: 600 }, () => generatePassword(systemRandom, policy(8))).join('')
    const letters = text.replaceAll('-', '')
    assert.match(letters, /^[a-km-np-zA-HJ-NP-Z2-9]+$/)
    const counts = new Map<string, number>()
    for (const letter of letters) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    assert.equal(counts.size, 56)
    const expected = letters.length / 56
    // Chi square with 55 degrees of freedom: above 130 once in ten million runs.
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    assert.ok(chi < 130, `chi square ${chi}`)
  })
})
