import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkEntry } from '../../src/accounts/entry.ts'
import { isEmailAddress } from '../../src/accounts/email-address.ts'
import { hasWrongRppsKey, isNationalId } from '../../src/accounts/national-id.ts'

describe('e-mail address', () => {
  it('T-10: accepts the plain addresses that hospitals give', () => {
    const plain = [
      'zoe.oeuvrard@hopital.example.test',
      "j.o'brien@example.test",
      'rcp+3c@ch-nord.example.test',
      'a@b.example',
      '_x_@example.test',
      'Prenom.NOM@Example.TEST',
      'secretariat@xn--hpital-xxa.example.test',
    ]
    for (const address of plain) assert.equal(isEmailAddress(address), true, address)
  })

  it('T-10: refuses comments, quotes, lists, folding, routes and everything two programs could read differently', () => {
    const doubtful = [
      '',
      'zoe',
      'zoe@',
      '@example.test',
      'zoe@localhost',
      'a@example.test,b@example.test',
      'a@example.test b@example.test',
      'a@example.test;b@example.test',
      'a@evil.test@example.test',
      '"a@evil.test"@example.test',
      '"a b"@example.test',
      'a(comment)@example.test',
      'a@example.test(comment)',
      'a@(comment)example.test',
      'Zoé <a@example.test>',
      '<a@example.test>',
      'a@example.test\r\nBcc: b@example.test',
      'a\r\n @example.test',
      'a @example.test',
      ' a@example.test',
      'a@example.test\n',
      'a%evil.test@example.test',
      'evil.test!a@example.test',
      'a@[192.0.2.1]',
      'a@192.0.2.1',
      '.a@example.test',
      'a.@example.test',
      'a..b@example.test',
      'a@example..test',
      'a@-example.test',
      'a@example.test.',
      'zoé@example.test',
      'a@hôpital.example.test',
      'a@ex\u0430mple.test',
      'a\\@example.test',
      'a:b@example.test',
      'group:a@example.test;',
      'a=3Fb?@example.test',
      '=?utf-8?q?a=40evil.test?=@example.test',
      `${'a'.repeat(65)}@example.test`,
      `a@${'b'.repeat(64)}.test`,
      `a@${'b.'.repeat(130)}test`,
      'a\0@example.test',
    ]
    for (const address of doubtful) assert.equal(isEmailAddress(address), false, JSON.stringify(address))
  })
})

describe('national identifier', () => {
  it('has one of the forms of PS_IdNat', () => {
    const known = [
      '899900000011',
      '0990000001',
      '0992A00001',
      '199000000001/00001',
      '3990000001/CPAT00001',
      '32A0000001/agent.1',
      '4990000001/1',
      '599000000100001/CPAT00001',
      '699900000011010/1',
    ]
    for (const id of known) assert.equal(isNationalId(id), true, id)
  })

  it('is refused in any other form', () => {
    const unknown = [
      '',
      '99900000011',
      '8999000000111',
      '89990000001A',
      '3990000001',
      '3990000001/',
      '10medecin@x.test',
    ]
    const written = ['8 99900000011', '899900000011\n', '３990000001/1', '3990000001/a b', '3990000001/a/b']
    for (const id of [...unknown, ...written]) assert.equal(isNationalId(id), false, JSON.stringify(id))
  })

  it('is warned about when the key of an RPPS number is wrong, which published samples are', () => {
    assert.equal(hasWrongRppsKey('899900000011'), false)
    assert.equal(hasWrongRppsKey('899700218896'), false)
    assert.equal(hasWrongRppsKey('899900000012'), true)
    assert.equal(hasWrongRppsKey('810005678901'), true)
    assert.equal(hasWrongRppsKey('3990000001/1'), false)
  })
})

describe('account entry', () => {
  const entry = { login: 'a.b', givenName: 'Ada', familyName: 'Bel' }

  it('is stored trimmed and composed, with a name made of its parts', () => {
    const result = checkEntry({
      login: ' Zoe\u0301.B ',
      givenName: ' Zoe\u0301',
      familyName: 'Œuvrard ',
      roles: [' rcp', ''],
    })
    assert.ok(result.ok)
    const { login, loginKey, name, givenName, roles, email } = result.value
    assert.deepEqual(
      { login, loginKey, name, givenName, roles, email },
      {
        login: 'Zoé.B',
        loginKey: 'zoé.b',
        name: 'Zoé Œuvrard',
        givenName: 'Zoé',
        roles: ['rcp'],
        email: null,
      },
    )
  })

  it('takes only hashes that this gate could have made, with its costs (C-02)', () => {
    const hash = (costs: string) => `$argon2id$v=19$${costs}$${'A'.repeat(22)}$${'B'.repeat(43)}`
    assert.ok(checkEntry({ ...entry, passwordHash: hash('m=65536,t=3,p=1') }).ok)
    const foreign = [
      hash('m=19456,t=2,p=1'),
      hash('m=4294967295,t=99,p=1'),
      '$2y$10$abc',
      '5f4dcc3b5aa765d61d8327deb882cf99',
      'x',
    ]
    for (const passwordHash of foreign) {
      assert.deepEqual(checkEntry({ ...entry, passwordHash }), { ok: false, reason: ['password-hash-malformed'] })
    }
  })

  it('refuses roles that would break a header or a rule, and too many of them', () => {
    for (const role of ['a b', 'a,b', 'é', '-a', 'a\r\nX: y', 'a'.repeat(65)]) {
      assert.deepEqual(checkEntry({ ...entry, roles: [role] }), { ok: false, reason: ['role-malformed'] }, role)
    }
    const many = Array.from({ length: 33 }, (_, index) => `r${index}`)
    assert.deepEqual(checkEntry({ ...entry, roles: many }), { ok: false, reason: ['roles-too-many'] })
  })
})
