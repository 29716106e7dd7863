import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createHeaderFilter, createIdentityNames } from '../../src/identity/header-filter.ts'
import { encodeHeaderList, encodeHeaderValue } from '../../src/identity/header-value.ts'
import { createIdentityHeaders } from '../../src/identity/headers.ts'
import { IDENTITY_FIELDS, type IdentityField } from '../../src/policy/schema.ts'
import { ANONYMOUS, type SignedIn } from '../../src/policy/subject.ts'

const ZOE: SignedIn = {
  kind: 'signed-in',
  account: 'a-1',
  login: 'z.oeuvrard',
  name: 'Zoé Œuvrard',
  givenName: 'Zoé',
  familyName: 'Œuvrard',
  email: 'zoe@hopital.example.test',
  nationalId: '899900000017',
  roles: ['medecin', 'referent'],
  way: 'mailed-code',
  level: 1,
  methods: ['password', 'email-code'],
  authenticatedAt: Date.UTC(2026, 10, 23),
}

const siteWith = (
  headers: Record<string, IdentityField>,
  encoding: 'percent-utf8' | 'utf8' | 'latin1' = 'percent-utf8',
) => ({ identity: { headers, encoding } })

const ENCODINGS = ['percent-utf8', 'utf8', 'latin1'] as const

describe('the encodings of plain identity headers', () => {
  it('percent-utf8 writes « Zoé Œuvrard » as percent-encoded UTF-8, which decodeURIComponent reads back', () => {
    const value = encodeHeaderValue('Zoé Œuvrard, 100 %', 'percent-utf8')
    assert.equal(value, 'Zo%C3%A9 %C5%92uvrard, 100 %25')
    assert.equal(decodeURIComponent(value), 'Zoé Œuvrard, 100 %')
  })

  it('utf8 writes « Zoé Œuvrard » as its UTF-8 bytes', () => {
    const value = encodeHeaderValue('Zoé Œuvrard', 'utf8')
    assert.equal(Buffer.from(value, 'latin1').toString('hex'), Buffer.from('Zoé Œuvrard').toString('hex'))
  })

  it('latin1 writes « Zoé Œuvrard » in ISO-8859-1 with the closest letters', () => {
    assert.equal(encodeHeaderValue('Zoé Œuvrard', 'latin1'), 'Zoé OEuvrard')
    assert.equal(
      encodeHeaderValue('L’Hay-les-Roses – Łódź Šárka “ÿ” Ÿ 中', 'latin1'),
      'L\'Hay-les-Roses - Lódz Sárka "ÿ" Y ?',
    )
    assert.equal(encodeHeaderValue('Zoe\u0301', 'latin1'), 'Zoé')
  })

  it('percent-utf8 loses nothing but control characters and outer blanks', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const kept = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
        assert.equal(decodeURIComponent(encodeHeaderValue(text, 'percent-utf8')), kept)
      }),
    )
  })

  for (const encoding of ENCODINGS) {
    it(`H-15: no control character reaches a header in ${encoding}`, () => {
      assert.equal(encodeHeaderValue('\t a\r\nX-Evil: 1\0\u0085\u2028b\u001b[1m\u007f', encoding), 'a X-Evil: 1 b [1m')
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (text) => {
          const value = encodeHeaderValue(text, encoding)
          assert.match(value, /^(?:[\x21-\xff](?:[\x20-\xff]*[\x21-\xff])?)?$/)
          assert.doesNotMatch(value, /\x7f/)
        }),
      )
    })

    it(`a role with a comma never reads as two in ${encoding}`, () => {
      const roles = ['medecin', 'a,b', 'c%2Cd', 'é']
      const value = Buffer.from(encodeHeaderList(roles, encoding), 'latin1').toString(
        encoding === 'utf8' ? 'utf8' : 'latin1',
      )
      const read = value.split(',').map((role) => decodeURIComponent(role))
      assert.deepEqual(read, roles)
    })
  }

  it('half of a surrogate pair is no fault', () => {
    for (const encoding of ENCODINGS) assert.doesNotThrow(() => encodeHeaderValue('a\ud800b', encoding))
  })
})

describe('the plain identity headers', () => {
  it('carry what the site file asks for, under its names', () => {
    const headers = Object.fromEntries(IDENTITY_FIELDS.map((field) => [`X-${field}`, field]))
    assert.deepEqual(Object.fromEntries(createIdentityHeaders(siteWith(headers))(ZOE)), {
      'X-login': 'z.oeuvrard',
      'X-name': 'Zo%C3%A9 %C5%92uvrard',
      'X-given-name': 'Zo%C3%A9',
      'X-family-name': '%C5%92uvrard',
      'X-email': 'zoe@hopital.example.test',
      'X-national-id': '899900000017',
      'X-rpps': '99900000017',
      'X-roles': 'medecin,referent',
      'X-account': 'a-1',
      'X-way': 'mailed-code',
      'X-level': '1',
      'X-practice-finess': '',
      'X-practice-structure': '',
      'X-practice-profession': '',
      'X-practice-speciality': '',
    })
  })

  it('tell of the practice that the person works in during the session', () => {
    const fields = IDENTITY_FIELDS.filter((field) => field.startsWith('practice-'))
    const headersOf = createIdentityHeaders(siteWith(Object.fromEntries(fields.map((field) => [`X-${field}`, field]))))
    const codes = { profession: '10', category: 'C', speciality: 'SM36', structureId: 'R9990001', finess: '990000028' }
    assert.deepEqual(headersOf({ ...ZOE, practice: { ...codes, structure: 'Hôpital' } }), [
      ['X-practice-finess', '990000028'],
      ['X-practice-structure', 'H%C3%B4pital'],
      ['X-practice-profession', '10'],
      ['X-practice-speciality', 'SM36'],
    ])
  })

  it('H-01: are all there, empty, for an anonymous visitor and for what an account does not have', () => {
    const headersOf = createIdentityHeaders(siteWith({ 'X-User': 'login', 'X-RPPS': 'rpps', 'X-Mail': 'email' }))
    assert.deepEqual(headersOf(ANONYMOUS), [
      ['X-User', ''],
      ['X-RPPS', ''],
      ['X-Mail', ''],
    ])
    const secretary = { ...ZOE, nationalId: null, email: null }
    assert.deepEqual(headersOf(secretary), [
      ['X-User', 'z.oeuvrard'],
      ['X-RPPS', ''],
      ['X-Mail', ''],
    ])
    assert.deepEqual(headersOf({ ...ZOE, nationalId: '0123456789' })[1], ['X-RPPS', ''])
  })

  it('belong to the subject that was asked for, also when asked again', () => {
    const headersOf = createIdentityHeaders(siteWith({ 'X-User': 'login' }))
    const paul = { ...ZOE, login: 'p.martin' }
    for (const [subject, login] of [
      [ZOE, 'z.oeuvrard'],
      [paul, 'p.martin'],
      [ZOE, 'z.oeuvrard'],
    ] as const) {
      assert.deepEqual(headersOf(subject), [['X-User', login]])
    }
  })
})

describe('the names that only the gate may set', () => {
  const isOurs = createHeaderFilter(siteWith({ 'X-User-RPPS': 'rpps', Utilisateur: 'login' }))
  const OURS = ['X-User-RPPS', 'Utilisateur', 'X-Portillon-Assertion', 'X-Forwarded-For', 'X-Real-IP', 'Forwarded']

  it('H-01: are known in any case', () => {
    for (const name of OURS) {
      for (const spelling of [name, name.toLowerCase(), name.toUpperCase()])
        assert.equal(isOurs(spelling), true, spelling)
    }
  })

  it('H-03: are known with an underscore, a dot, a blank or nothing for the hyphen, and with one more at the end', () => {
    for (const spelling of [
      'X_User_RPPS',
      'x.user.rpps',
      'X User RPPS',
      'XUserRPPS',
      'X-User-RPPS_',
      '_x-user--rpps-',
    ]) {
      assert.equal(isOurs(spelling), true, spelling)
    }
  })

  it('H-03: are known in every spelling that some server could fold into them', () => {
    const separator = fc.constantFrom('-', '_', '.', ' ', '', '--', '-_', '~', '|')
    const spelling = fc
      .constantFrom(...OURS)
      .chain((name) =>
        fc.tuple(
          ...Array.from(name, (character) =>
            character === '-' ? separator : fc.constantFrom(character.toLowerCase(), character.toUpperCase()),
          ),
          separator,
        ),
      )
    fc.assert(
      fc.property(spelling, (parts) => assert.equal(isOurs(parts.join('')), true)),
      { numRuns: 500 },
    )
  })

  it('H-09: include every name by which a peer could say where the visitor comes from', () => {
    for (const name of [
      ...['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Port'],
      ...['X-Forwarded-Server', 'X-Forwarded-Prefix', 'X-Forwarded-User', 'X-Real-IP', 'True-Client-IP', 'X-Client-IP'],
    ]) {
      assert.equal(isOurs(name), true, name)
    }
  })

  it('H-13: include whatever the gate or a framework could take for a mark of its own', () => {
    for (const name of [
      ...['X-Portillon', 'X-Portillon-Internal', 'x-portillon-subrequest', 'X-Original-URL', 'X-Original-Method'],
      ...['X-Rewrite-URL', 'X-Forwarded-Uri', 'X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'Proxy'],
    ]) {
      assert.equal(isOurs(name), true, name)
    }
  })

  it('H-16: include those of a signature, in any spelling, where the gate signs, and are the visitor’s own elsewhere', () => {
    const signature = { 'key-id': 'a', 'secret-file': 'b', lifetime: 60_000 }
    const signing = { identity: { headers: {}, encoding: 'percent-utf8' as const, signature } }
    for (const name of [
      'Signature',
      'SIGNATURE',
      'signature_',
      'Signature-Input',
      'Signature_Input',
      'SignatureInput',
    ]) {
      assert.equal(createHeaderFilter(signing)(name), true, name)
      assert.equal(createIdentityNames(signing)(name), true, name)
      assert.equal(isOurs(name), false, name)
    }
    assert.equal(createHeaderFilter(signing)('Accept-Signature'), false)
  })

  it('leave every ordinary header alone', () => {
    for (const name of [
      ...['Host', 'Cookie', 'Accept', 'Accept-Language', 'Content-Type', 'Content-Length', 'User-Agent', 'Referer'],
      ...[
        'Origin',
        'X-Requested-With',
        'X-GWT-Permutation',
        'X-GWT-Module-Base',
        'Range',
        'If-None-Match',
        'DNT',
        'Via',
      ],
      ...['Sec-Fetch-Mode', 'Authorization', 'X-User', 'X-User-RPPS-2', 'Proxy-Authorization', 'Faces-Request', ''],
    ]) {
      assert.equal(isOurs(name), false, name)
    }
  })

  it('are told apart also when a visitor has filled the memory with invented names', () => {
    const filter = createHeaderFilter(siteWith({ 'X-User': 'login' }))
    for (let count = 0; count < 5_000; count += 1) assert.equal(filter(`X-Invented-${count}`), false)
    assert.equal(filter('X_USER'), true)
    assert.equal(filter('Accept'), false)
  })
})
