import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CRLReasons } from '@peculiar/asn1-x509'
import fc from 'fast-check'
import { extension } from '../../deploy/demo/igc-sante/extensions.ts'
import { readList } from '../../src/methods/cps/lists/read-list.ts'
import { SERVICE_CARD } from '../../deploy/demo/igc-sante/card.ts'
import type { Relative, Text } from '../../deploy/demo/igc-sante/name.ts'
import { createTestJudge } from '../kit/cards.ts'
import { CAMILLE, createTestIgcSante } from '../kit/igc-sante.ts'

const NOW = Date.parse('2026-01-15T09:00:00Z')
const pki = createTestIgcSante({ now: NOW })
const { judge, verdict } = createTestJudge(pki, NOW)
const keys = pki.card('CPS', CAMILLE).keys

const certificateOf = (...subject: readonly Relative[]): Uint8Array =>
  pki.card('CPS', CAMILLE, { subject, keys }).certificate
const verdictOn = (...subject: readonly Relative[]): Promise<string> => verdict(certificateOf(...subject))

const COUNTRY: Relative = [['C', 'FR']]
const personOf = (id: Text, familyName: Text = 'EXEMPLE', givenName: Text = 'CAMILLE'): Relative => [
  ['CN', id],
  ['SN', familyName],
  ['GN', givenName],
]

const RPPS = '899900000003'
const OTHER = '899900000011'

describe('K-07: whose card it is', () => {
  it('is the same wherever the common name stands: in one relative name with others, in its own, in any order', async () => {
    const attributes = personOf(RPPS)
    const [first = COUNTRY[0], second = COUNTRY[0], third = COUNTRY[0]] = attributes
    for (const subject of [
      [COUNTRY, attributes],
      [COUNTRY, [...attributes].reverse()],
      [attributes, COUNTRY],
      attributes.map((each) => [each]),
      [[...COUNTRY, ...attributes]],
      [[first, second], [third]],
    ] as Relative[][])
      assert.equal(await verdictOn(...subject), `CPS ${RPPS}`)
  })

  it('is the same in each type of string that a name may have', async () => {
    for (const id of [
      { printableString: RPPS },
      { utf8String: RPPS },
      { bmpString: RPPS },
      { teletexString: RPPS },
    ] satisfies Text[])
      assert.equal(await verdictOn(COUNTRY, personOf(id)), `CPS ${RPPS}`, Object.keys(id).join())
  })

  it('keeps accents and signs of names, in each type of string', async () => {
    for (const [familyName, givenName] of [
      ['ŒUVRARD-D’ARC', 'ZOÉ'],
      [{ bmpString: 'ŒUVRARD-D’ARC' }, { utf8String: 'ZOÉ' }],
    ] satisfies [Text, Text][]) {
      const judged = await judge(certificateOf(COUNTRY, personOf(RPPS, familyName, givenName)))
      assert.deepEqual(judged.ok && [judged.value.familyName, judged.value.givenName], ['ŒUVRARD-D’ARC', 'ZOÉ'])
    }
  })

  it('is the whole common name, slash and all', async () => {
    assert.equal(await verdictOn(COUNTRY, personOf('3990000028/000000001')), 'CPS 3990000028/000000001')
  })

  describe('is refused where a reader of texts would see another', () => {
    const odd: readonly (readonly [string, Text])[] = [
      ['a comma and another attribute', `${RPPS},CN=${OTHER}`],
      ['a plus and another attribute', `${RPPS}+CN=${OTHER}`],
      ['an escaped comma', `${RPPS}\\,CN=${OTHER}`],
      ['a slash and another attribute', `${RPPS}/CN=${OTHER}`],
      ['a structure behind a slash', `${RPPS}/OU=1990000028`],
      ['an attribute before it', `CN=${RPPS}`],
      ['a line break', `${RPPS}\nCN=${OTHER}`],
      ['a NUL', `${RPPS}\0`],
      ['a NUL and more', `${RPPS}\0${OTHER}`],
      ['a space', ` ${RPPS}`],
      ['a space without width', `${RPPS}\u200B`],
      ['digits of another script', '8٩٩٩٠٠٠٠٠٠٠٣'],
      ['digits of full width', '８９９９０００００００３'],
      ['a mailbox of secure messaging', '10999000000'],
      ['an RPPS number without its 8', '99900000003'],
      ['a name', 'CAMILLE EXEMPLE'],
      ['nothing', ''],
      ['a NUL, in BMPString', { bmpString: `${RPPS}\0` }],
      ['a NUL, in T61String', { teletexString: `${RPPS}\0` }],
      ['UniversalString', { universalString: RPPS }],
      ['IA5String', { ia5String: RPPS }],
      ['no string at all', { anyValue: Uint8Array.of(5, 0).buffer }],
      ['a number', { anyValue: Uint8Array.of(2, 1, 8).buffer }],
    ]
    for (const [what, id] of odd)
      it(what, async () => assert.match(await verdictOn(COUNTRY, personOf(id)), /^(?:identity-unreadable|malformed): /))

    it('several common names, also the same twice', async () => {
      const several = 'identity-unreadable: several common names'
      assert.equal(await verdictOn(COUNTRY, [['CN', OTHER]], personOf(RPPS)), several)
      assert.equal(await verdictOn(COUNTRY, personOf(RPPS), [['CN', OTHER]]), several)
      assert.equal(await verdictOn(COUNTRY, [['CN', RPPS], ...personOf(RPPS)]), several)
    })

    it('no common name, or several names of persons', async () => {
      const person = personOf(RPPS)
      assert.equal(await verdictOn(COUNTRY, person.slice(1)), 'identity-unreadable: no common name')
      assert.equal(await verdictOn(COUNTRY, person, [['SN', 'AUTRE']]), 'identity-unreadable: several names')
    })

    it('names with control characters or bytes that are no text', async () => {
      const unreadable = /^identity-unreadable: a name with odd characters/
      assert.match(await verdictOn(COUNTRY, personOf(RPPS, 'EXEMPLE\r\nX: y')), unreadable)
      assert.match(await verdictOn(COUNTRY, personOf(RPPS, 'EXEMPLE', '\u202Eelpmexe')), unreadable)
      const broken = { anyValue: Uint8Array.of(0x0c, 3, 0x41, 0xff, 0xfe).buffer }
      assert.match(await verdictOn(COUNTRY, personOf(RPPS, broken)), /^(?:identity-unreadable|malformed)/)
    })
  })

  it('is nobody on a card of a service, with a pseudonym, without names, or with one alone', async () => {
    assert.equal(await verdictOn(...SERVICE_CARD), 'not-personal: pseudonym')
    assert.equal(await verdictOn(COUNTRY, personOf(RPPS), [['pseudonym', 'EMPLOYE']]), 'not-personal: pseudonym')
    const none = 'not-personal: no name of a person'
    assert.equal(await verdictOn(COUNTRY, [['OU', '1990000028']], [['CN', RPPS]]), none)
    assert.equal(
      await verdictOn(COUNTRY, [
        ['CN', RPPS],
        ['SN', 'EXEMPLE'],
      ]),
      none,
    )
    assert.equal(
      await verdictOn(COUNTRY, [
        ['CN', RPPS],
        ['GN', 'CAMILLE'],
      ]),
      none,
    )
  })

  it('never is anything that was not the whole common name, whatever is in it', async () => {
    const around = fc.constantFrom(
      '',
      ',',
      '+',
      '/',
      '\\',
      '=',
      '\0',
      ' ',
      'CN=',
      '/OU=',
      '\n',
      '#',
      '"',
      '<',
      ';',
      'é',
    )
    await fc.assert(
      fc.asyncProperty(around, fc.constantFrom(RPPS, '3990000028/1'), around, fc.string(), async (a, id, b, rest) => {
        const text = `${a}${id}${b}${rest}`
        const judged = await judge(certificateOf(COUNTRY, personOf(text)))
        assert.equal(judged.ok ? judged.value.nationalId : text, text)
        assert.equal(judged.ok, /^(?:899900000003|3990000028\/[A-Za-z0-9._-]{1,64})$/.test(text))
      }),
      { numRuns: 200 },
    )
  })
})

describe('whatever bytes are presented', () => {
  const whole = certificateOf(COUNTRY, personOf(RPPS))

  it('K-04: the judge answers with a verdict, and never with a fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), async (bytes) => {
        assert.equal((await judge(bytes)).ok, false)
      }),
    )
  })

  it('K-04: a card that its authority signed with nonsense in it is judged, and never a fault', async () => {
    const ids = [
      '2.5.29.15',
      '2.5.29.37',
      '2.5.29.19',
      '2.5.29.31',
      '2.5.29.35',
      '1.3.6.1.5.5.7.1.1',
      '1.2.250.1.71.1.2.2',
    ]
    const given = fc.record({ id: fc.constantFrom(...ids), value: fc.uint8Array({ maxLength: 40 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(given, { maxLength: 3 }), async (all) => {
        const extensions = all.map(({ id, value }) => extension(id, Uint8Array.from(value).buffer))
        const card = pki.card('CPS', CAMILLE, { keys, type: null, purposes: [], extensions })
        assert.equal((await judge(card.certificate)).ok, false)
      }),
    )
  })

  it('K-06: a list with bytes changed is refused, and never a fault', () => {
    const list = pki.list(pki.strong, [{ serial: Buffer.alloc(16, 7), reason: CRLReasons.keyCompromise }])
    const authorities = [pki.strong.certificate]
    assert.equal(readList(list, authorities).ok, true)
    fc.assert(
      fc.property(fc.nat(list.length - 1), fc.nat(8), fc.uint8Array({ maxLength: 8 }), (at, out, put) => {
        const bytes = Buffer.concat([list.subarray(0, at), put, list.subarray(at + out)])
        assert.equal(readList(bytes, authorities).ok, bytes.equals(list))
      }),
      { numRuns: 1_000 },
    )
  })

  it('K-04: a card with bytes changed, left out or put in is refused', async () => {
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      out: fc.nat(8),
      put: fc.uint8Array({ maxLength: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let bytes = Buffer.from(whole)
        for (const { at, out, put } of changes)
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + out)])
        const judged = await judge(bytes)
        assert.equal(judged.ok, bytes.equals(whole))
      }),
      { numRuns: 500 },
    )
  })
})
