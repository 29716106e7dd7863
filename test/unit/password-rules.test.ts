import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generatePassword } from '../../src/accounts/generated-password.ts'
import { unmetComposition, unmetPasswordRules, type PasswordPolicy } from '../../src/accounts/password-rules.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { siteSchema } from '../../src/policy/schema.ts'
import { account, siteFile } from '../kit/sign-in.ts'

const policy = (length: number, classes: PasswordPolicy['classes'] = []): PasswordPolicy =>
  siteSchema.parse(siteFile({ password: { length, classes } })).password
/** The rules of the three networks: ONCO HDF and ONCOPL, and a site that asks for length alone. */
const seed003 = policy(8, ['upper', 'lower', 'digit-or-special'])
const seed001 = policy(8, ['upper', 'lower', 'digit', 'special'])

describe('the composition of a password', () => {
  it('is that of seed 003: eight characters, a capital, a small letter, a digit or special character', () => {
    for (const password of ['Muguet26', 'Muguet!!', 'Été 2026', 'ÉTÉ-été!', 'Aaaaaaa_', 'Aaaaaaa ']) {
      assert.deepEqual(unmetComposition(password, seed003), [], password)
    }
    assert.deepEqual(unmetComposition('', seed003), ['length', 'upper', 'lower', 'digit-or-special'])
    assert.deepEqual(unmetComposition('muguetmuguet', seed003), ['upper', 'digit-or-special'])
    assert.deepEqual(unmetComposition('MUGUET26', seed003), ['lower'])
    assert.deepEqual(unmetComposition('Mugu26', seed003), ['length'])
    for (const special of '.!#$%&\'()*+,-./:;<=>?[]^_{}"@`|~\\€') {
      assert.deepEqual(unmetComposition(`Muguets${special}`, seed003), [], special)
    }
  })

  it('is that of seed 001: a capital, a small letter, a digit and a special character', () => {
    assert.deepEqual(unmetComposition('Muguet26', seed001), ['special'])
    assert.deepEqual(unmetComposition('Muguet!!', seed001), ['digit'])
    assert.deepEqual(unmetComposition('Muguet 26', seed001), [])
  })

  it('counts characters, not bytes or halves, and accents once however they are typed', () => {
    assert.deepEqual(unmetComposition('🌼🌼🌼🌼', policy(8)), ['length'])
    assert.deepEqual(unmetComposition('🌼'.repeat(8), policy(8)), [])
    assert.deepEqual(unmetComposition('e\u0301'.repeat(4), policy(8)), ['length'])
    assert.deepEqual(unmetComposition('e\u0301'.repeat(8), policy(8, ['special'])), ['special'])
  })

  it('C-13: asks for nothing that the site does not ask for', () => {
    assert.deepEqual(unmetComposition('aaaaaaaa', policy(8)), [])
    assert.deepEqual(unmetComposition('aaaaaaaa', policy(12, ['digit', 'special'])), ['length', 'digit', 'special'])
  })

  it('C-15: a password over 1024 bytes is only too long', () => {
    assert.deepEqual(unmetComposition('é'.repeat(513), seed003), ['too-long'])
    assert.deepEqual(unmetComposition(`Aa1${'a'.repeat(1_021)}`, seed003), [])
  })
})

describe('C-13: a new password, where the site has no rules of composition', () => {
  const site = siteSchema.parse(siteFile({ site: 'onco-hdf', 'short-name': 'WebDCR', network: 'ONCO Hauts-de-France' }))
  const person = account({ login: 'j.martel-fictif', givenName: 'Jean-Marc', familyName: 'Martel-Fictif' })
  const judge = (password: string) => unmetPasswordRules(password, { site, person })

  it('is refused when many people have it, whatever its case', async () => {
    for (const password of ['12345678', 'password', 'PassWord1', 'azertyuiop', 'motdepasse', 'iloveyou1']) {
      assert.deepEqual(await judge(password), ['common'], password)
    }
  })

  it('is refused when it is guessed in few tries', async () => {
    for (const password of [
      'Printemps2026',
      'Azerty123!',
      'P@ssw0rd!',
      'aaaaaaaaaaaaaaaa',
      'abcdefgh123',
      'webdcr-1',
    ]) {
      const [rule = ''] = await judge(password)
      assert.match(rule, /^(?:guessable|names)$/, password)
    }
  })

  it('is refused when it is made of the names of the person or of the service', async () => {
    for (const password of [
      ...['j.martel-fictif', 'J.MARTEL!2026', 'jeanmarc59', 'Jean Marc 59', 'Mârtel-2026', 'Camille.Exemple1'],
      ...['OncoHDF2026!', 'ONCO-hdf-59', 'WebDCR-2026', 'OncoHautsDeFrance1'],
    ]) {
      assert.deepEqual(await judge(password), ['names'], password)
    }
  })

  it('is accepted when it is long, or odd, though it holds a name or a common word', async () => {
    for (const password of [
      ...['Mon cousin Martel joue du hautbois', 'La France en automne, quel bonheur', 'xK9#mP2q'],
      ...['correct cheval agrafe', '  deux blancs  ', 'é'.repeat(3) + 'ÀùœÿΩж漢', '🌼🐝🍯🌻🐞🌿🍂🌾'],
    ]) {
      assert.deepEqual(await judge(password), [], password)
    }
  })

  it('C-15: is judged at once however long and odd it is', async () => {
    const alphabet = 'aAzeERty12 !4@s$'
    const long = Array.from({ length: 1_024 }, (_, at) => alphabet[(at * 7) % 16] ?? '').join('')
    assert.deepEqual(await judge(long), [])
    assert.deepEqual(await judge('a'.repeat(1_024)), ['guessable'])
  })

  it('is judged by length alone where the site has turned the list off', async () => {
    const lax = siteSchema.parse(siteFile({ password: { blocklist: false } }))
    assert.deepEqual(await unmetPasswordRules('password', { site: lax, person }), [])
  })
})

describe('generated password', () => {
  it('meets the rules, whatever they are, and never comes twice', () => {
    const strict = policy(64, ['upper', 'lower', 'digit', 'special', 'digit-or-special'])
    for (const rules of [seed003, policy(8), strict]) {
      const passwords = Array.from({ length: 200 }, () => generatePassword(systemRandom, rules))
      for (const password of passwords) assert.deepEqual(unmetComposition(password, rules), [], password)
      assert.equal(new Set(passwords).size, passwords.length)
    }
  })

  it('is never refused by the list, though a name may stand in it by chance', async () => {
    const site = siteSchema.parse(siteFile())
    const person = account({ familyName: 'Roux' })
    for (const password of [
      'aroux-x9mQz-rrtBn-45kLp',
      ...Array.from({ length: 20 }, () => generatePassword(systemRandom, site.password)),
    ]) {
      assert.deepEqual(await unmetPasswordRules(password, { site, person }), [], password)
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
