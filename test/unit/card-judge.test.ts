import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import { KeyUsageFlags } from '@peculiar/asn1-x509'
import { createAuthority, type Authority } from '../../deploy/demo/igc-sante/authority.ts'
import { certify, toPem } from '../../deploy/demo/igc-sante/certificate.ts'
import { basicConstraints, extension, keyUsage } from '../../deploy/demo/igc-sante/extensions.ts'
import { subjectOf } from '../../deploy/demo/igc-sante/card.ts'
import { nameOf } from '../../deploy/demo/igc-sante/name.ts'
import { algorithmOf, newKeyPair } from '../../deploy/demo/igc-sante/signing.ts'
import { cardSettings, createTestJudge, heldList } from '../kit/cards.ts'
import { ALIX, CAMILLE, createTestIgcSante } from '../kit/igc-sante.ts'

const NOW = Date.parse('2026-01-15T09:00:00Z')
const DAY = 86_400_000
const now = new Date(NOW)
const pki = createTestIgcSante({ now: NOW })
const good = pki.card('CPS', CAMILLE)
const { judge, verdict } = createTestJudge(pki, NOW)

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

describe('a card', () => {
  it('of each kind says who its holder is, with serial and issuer for the trail', async () => {
    const judged = await judge(good.certificate)
    assert.deepEqual(judged, {
      ok: true,
      value: {
        ...{ nationalId: '899900000003', kind: 'CPS', familyName: 'EXEMPLE', givenName: 'CAMILLE' },
        serial: Buffer.from(good.serial).toString('hex').toUpperCase(),
        issuer: 'C=FR, O=ASIP-SANTE, OU=0002 187512751, OU=IGC-SANTE TEST, CN=TEST AC IGC-SANTE FORT PERSONNES',
      },
    })
    assert.equal(await verdict(pki.card('CPF', CAMILLE).certificate), 'CPF 899900000003')
    assert.equal(await verdict(pki.card('CPE', ALIX).certificate), 'CPE 3990000028/000000001')
    assert.equal(await verdict(pki.card('CPA', ALIX).certificate), 'CPA 3990000028/000000001')
    assert.equal(await verdict(pki.card('CPS', CAMILLE, { keyKind: 'rsa-2048' }).certificate), 'CPS 899900000003')
  })

  it('of a kind that the site does not take is refused', async () => {
    assert.equal(await verdict(pki.card('CPE', ALIX).certificate, { kinds: ['CPS', 'CPF'] }), 'kind-not-accepted: CPE')
    const untyped = pki.card('CPS', CAMILLE, { type: null })
    assert.equal(await verdict(untyped.certificate), 'kind-not-accepted: no card type')
    assert.equal(
      await verdict(pki.card('CPS', CAMILLE, { type: 9 }).certificate),
      'kind-not-accepted: unknown card type',
    )
    const odd = extension('1.2.250.1.71.1.2.2', Uint8Array.of(0x0c, 1, 0x30).buffer)
    const text = pki.card('CPS', CAMILLE, { type: null, extensions: [odd] })
    assert.equal(await verdict(text.certificate), 'kind-not-accepted: unknown card type')
  })

  it('K-13: is refused with serial and issuer, where they can be read', async () => {
    const judged = await judge(pki.card('CPS', CAMILLE, { notAfter: new Date(NOW - DAY) }).certificate)
    assert.equal(judged.ok, false)
    assert.match(judged.reason.serial ?? '', /^[0-9A-F]{32}$/)
    assert.match(judged.reason.issuer ?? '', /^C=FR, .*CN=TEST AC IGC-SANTE FORT PERSONNES$/)
    const junk = await judge(Uint8Array.of(1, 2, 3))
    assert.deepEqual(junk, {
      ok: false,
      reason: { reason: 'malformed', cause: 'unreadable', serial: null, issuer: null },
    })
  })
})

describe('K-04: malformed certificates are refused', () => {
  const { certificate } = good
  const vectors: readonly (readonly [string, Uint8Array, string])[] = [
    ['nothing', new Uint8Array(0), 'size'],
    ['200 kB', new Uint8Array(200_000).fill(0x30), 'size'],
    ['cut off', certificate.subarray(0, certificate.length - 1), 'unreadable'],
    ['the first half', certificate.subarray(0, certificate.length / 2), 'unreadable'],
    ['a NUL before it', Buffer.concat([Buffer.of(0), certificate]), 'unreadable'],
    ['a NUL behind it', Buffer.concat([certificate, Buffer.of(0)]), 'not one certificate in DER'],
    ['two of them', Buffer.concat([certificate, pki.card('CPS', CAMILLE).certificate]), 'not one certificate in DER'],
    ['PEM', Buffer.from(toPem(certificate)), 'not one certificate in DER'],
    ['NULs', new Uint8Array(2_000), 'unreadable'],
  ]
  for (const [what, bytes, cause] of vectors) {
    it(what, async () => assert.match(await verdict(bytes), new RegExp(`^malformed: (?:${cause}|unreadable)$`)))
  }

  it('an extension twice', async () => {
    const twice = pki.card('CPS', CAMILLE, { extensions: [keyUsage(KeyUsageFlags.digitalSignature)] })
    assert.match(await verdict(twice.certificate), /^malformed: /)
  })

  it('another algorithm in the signed part than beside the signature', async () => {
    const odd = pki.card('CPS', CAMILLE, { claimedAlgorithm: algorithmOf(pki.strong.keys, 'sha512') })
    assert.match(await verdict(odd.certificate), /^malformed: /)
  })
})

describe('K-05: certificates that cannot be believed are refused', () => {
  const untrusted = async (certificate: Uint8Array, cause: RegExp): Promise<void> =>
    assert.match(await verdict(certificate), new RegExp(`^untrusted: ${cause.source}`))

  it('of an unknown authority with the right name', async () => {
    const other = createTestIgcSante({ now: NOW })
    await untrusted(other.card('CPS', CAMILLE).certificate, /unknown issuer/)
  })

  it('of an unknown authority that comes along, with its root', async () => {
    const other = createTestIgcSante({ now: NOW })
    const along = [other.strong.certificate, other.root.certificate]
    const judged = await judge(other.card('CPS', CAMILLE).certificate, {}, along)
    assert.equal(!judged.ok && judged.reason.reason, 'untrusted')
  })

  it('signed by another card', async () => {
    const name = nameOf(subjectOf('CPS', CAMILLE))
    const issuer: Authority = { ...pki.strong, name, keys: good.keys, certificate: good.certificate }
    await untrusted(pki.card('CPS', CAMILLE, { issuer }).certificate, /unknown issuer/)
    // The same, with the name of the real authority.
    const masked: Authority = { ...pki.strong, keys: good.keys }
    await untrusted(pki.card('CPS', CAMILLE, { issuer: masked }).certificate, /unknown issuer/)
  })

  it('signed by itself', async () => {
    const issuer: Authority = { ...pki.strong, name: nameOf(subjectOf('CPS', CAMILLE)), keys: good.keys }
    await untrusted(pki.card('CPS', CAMILLE, { issuer, keys: good.keys }).certificate, /unknown issuer/)
  })

  it('of an authority below the same root that issues no cards', async () => {
    await untrusted(pki.card('CPS', CAMILLE, { issuer: pki.organisations }).certificate, /unknown issuer/)
    await untrusted(pki.card('CPS', CAMILLE, { issuer: pki.root }).certificate, /unknown issuer/)
  })

  it('signed with SHA-1, or with a small key', async () => {
    await untrusted(pki.card('CPS', CAMILLE, { hash: 'sha1' }).certificate, /weak signature/)
    await untrusted(pki.card('CPS', CAMILLE, { keyKind: 'rsa-1024' }).certificate, /weak key/)
    await untrusted(pki.card('CPS', CAMILLE, { keyKind: 'p-224' }).certificate, /weak key/)
  })

  it('changed after they were signed', async () => {
    const changed = Buffer.from(good.certificate)
    const at = changed.indexOf('899900000003')
    changed.write('899900000011', at, 'latin1')
    await untrusted(changed, /unknown issuer/)
  })

  it('expired, or not yet valid', async () => {
    const expired = pki.card('CPS', CAMILLE, { notAfter: new Date(NOW - 1_000) })
    assert.match(await verdict(expired.certificate), /^expired: on 2026-01-15T08:59:59/)
    const early = pki.card('CPS', CAMILLE, { notBefore: new Date(NOW + 60_000) })
    assert.match(await verdict(early.certificate), /^not-yet-valid: before 2026-01-15T09:01:00/)
  })

  it('of an authority that is no longer in force', async () => {
    const later = createTestJudge(pki, NOW + 8 * 365 * DAY)
    const card = pki.card('CPS', CAMILLE, { notAfter: new Date(NOW + 20 * 365 * DAY) })
    assert.match(await later.verdict(card.certificate), /^untrusted: TEST AC IGC-SANTE FORT PERSONNES is not in force/)
  })

  describe('of an authority that may not issue any:', () => {
    /** The verdict on a card of an authority that was installed, but is not sound. */
    const below = async (authority: Authority, others: readonly Authority[] = []): Promise<string> => {
      const settings = cardSettings(pki, 'unused')
      const authorities = [pki.root, ...others, authority].map(({ certificate }) => certificate)
      const own = createTestJudge(pki, NOW, { ...settings, authorities, issuers: [authority.commonName] })
      return own.verdict(pki.card('CPS', CAMILLE, { issuer: authority }).certificate)
    }
    const authority = (given: Partial<Parameters<typeof createAuthority>[1]>): Authority =>
      createAuthority('TEST AC', { issuer: pki.root, now, keyKind: 'p-256', ...given })

    it('without basic constraints, or denied by them', async () => {
      const usage = keyUsage(KeyUsageFlags.keyCertSign)
      assert.match(await below(authority({ extensions: [usage] })), /^untrusted/)
      assert.match(await below(authority({ extensions: [usage, basicConstraints(false)] })), /^untrusted/)
    })

    it('without the key usage', async () => {
      const extensions = [basicConstraints(true), keyUsage(KeyUsageFlags.digitalSignature)]
      assert.match(await below(authority({ extensions })), /^untrusted/)
    })

    it('beyond the length of the path', async () => {
      assert.match(await below(authority({ issuer: pki.strong }), [pki.strong]), /^untrusted/)
    })

    it('signed with SHA-1, or with a small key', async () => {
      assert.match(await below(authority({ hash: 'sha1' })), /^untrusted/)
      assert.match(await below(authority({ keyKind: 'rsa-1024' })), /^untrusted/)
    })

    it('without a root', async () => {
      const elsewhere = createTestIgcSante({ now: NOW })
      assert.match(await below(authority({ issuer: elsewhere.root })), /^untrusted/)
    })

    it('but one that may is believed', async () => {
      const sound = authority({})
      const own = createTestJudge(pki, NOW, {
        authorities: [pki.root, sound].map(({ certificate }) => certificate),
        issuers: ['TEST AC'],
      })
      assert.match(
        await own.verdict(pki.card('CPS', CAMILLE, { issuer: sound }).certificate),
        /^revocation-unknown: no list/,
      )
    })
  })

  it('made for signing documents', async () => {
    const signature = pki.card('CPS', CAMILLE, { keyUsage: KeyUsageFlags.nonRepudiation, purposes: [] })
    assert.equal(await verdict(signature.certificate), 'not-for-authentication: key usage')
    const both = KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation
    const mixed = pki.card('CPS', CAMILLE, { keyUsage: both })
    assert.match(await verdict(mixed.certificate), /^not-for-authentication: key usage of a signature certificate/)
    const open = createTestJudge(pki, NOW, { 'refused-key-usage': [] })
    assert.equal(await open.verdict(mixed.certificate), 'CPS 899900000003')
  })

  it('made for something else than signing in', async () => {
    const wrong = /^not-for-authentication: extended key usage/
    for (const purposes of [[], ['1.3.6.1.5.5.7.3.1'], ['1.3.6.1.5.5.7.3.4'], ['2.5.29.37.0']])
      assert.match(await verdict(pki.card('CPS', CAMILLE, { purposes }).certificate), wrong, purposes.join())
    const more = pki.card('CPS', CAMILLE, { purposes: [CLIENT_AUTH, '1.3.6.1.4.1.311.20.2.2'] })
    assert.equal(await verdict(more.certificate), 'CPS 899900000003')
    const unknown = pki.card('CPS', CAMILLE, { extensions: [extension('1.2.3.4', Uint8Array.of(5, 0).buffer, true)] })
    assert.equal(await verdict(unknown.certificate), 'not-for-authentication: critical extension 1.2.3.4')
    const authority = pki.card('CPS', CAMILLE, { extensions: [basicConstraints(true)] })
    assert.equal(await verdict(authority.certificate), 'not-for-authentication: an authority')
  })

  it('without any extension', async () => {
    const bare = certify({
      ...{ subject: nameOf(subjectOf('CPS', CAMILLE)), issuer: pki.strong.name, serial: pki.strong.nextSerial() },
      ...{ notBefore: new Date(NOW - DAY), notAfter: new Date(NOW + DAY), extensions: [] },
      ...{ publicKey: newKeyPair('p-256').publicKey, signer: pki.strong.keys },
    })
    assert.equal(await verdict(bare), 'not-for-authentication: no key usage')
  })
})

describe('K-06: revocation', () => {
  it('refuses a card that is on the list of its authority, and no other', async () => {
    const own = createTestJudge(pki, NOW)
    own.lists.take([heldList(pki, pki.list(pki.strong, [{ serial: good.serial }]))])
    assert.equal(await own.verdict(good.certificate), 'revoked: list')
    assert.equal(await own.verdict(pki.card('CPS', CAMILLE).certificate), 'CPS 899900000003')
  })

  it('refuses when there is no list of that authority', async () => {
    const own = createTestJudge(pki, NOW)
    own.lists.take([heldList(pki, pki.list(pki.standard))])
    assert.match(await own.verdict(good.certificate), /^revocation-unknown: no list/)
  })

  it('refuses by a list that is past its end, unless site or instance give it so long', async () => {
    const own = createTestJudge(pki, NOW)
    own.clock.advance('24h')
    assert.equal(await own.verdict(good.certificate), 'CPS 899900000003')
    own.clock.advance('1s')
    assert.match(await own.verdict(good.certificate), /^revocation-unknown: the list is stale/)
    assert.equal(await own.verdict(good.certificate, { stale: 3_600_000 }), 'CPS 899900000003')
    own.clock.advance('1h')
    assert.match(await own.verdict(good.certificate, { stale: 3_600_000 }), /^revocation-unknown/)
    const lenient = createTestJudge(pki, NOW, { stale: 3_600_000 })
    lenient.clock.advance('24h')
    lenient.clock.advance('1s')
    assert.equal(await lenient.verdict(good.certificate), 'CPS 899900000003')
    assert.match(await lenient.verdict(good.certificate, { stale: 'refuse' }), /^revocation-unknown/)
  })

  it('refuses a revoked card by a stale list too, whatever the grace', async () => {
    const own = createTestJudge(pki, NOW)
    own.lists.take([heldList(pki, pki.list(pki.strong, [{ serial: good.serial }]))])
    own.clock.advance('3d')
    assert.equal(await own.verdict(good.certificate, { stale: 'refuse' }), 'revoked: list')
  })

  it('refuses all cards of an authority that is revoked itself', async () => {
    const own = createTestJudge(pki, NOW)
    const held = heldList(pki, pki.list(pki.strong))
    const serial = Buffer.from(new X509Certificate(pki.strong.certificate).serialNumber, 'hex')
    own.lists.take([held, heldList(pki, pki.list(pki.root, [{ serial }]))])
    assert.match(await own.verdict(good.certificate), /^untrusted: TEST AC IGC-SANTE FORT PERSONNES is revoked/)
  })

  it('does not take a list of authorities, or of another part, for one of this card', async () => {
    const own = createTestJudge(pki, NOW)
    const held = (scope: Parameters<typeof pki.list>[2]) =>
      own.lists.take([heldList(pki, pki.list(pki.strong, [], scope))])
    held({ scope: { onlyContainsCACerts: true } })
    assert.match(await own.verdict(good.certificate), /^revocation-unknown: a list of other certificates/)
    held({ scope: { onlyContainsUserCerts: true } })
    assert.equal(await own.verdict(good.certificate), 'CPS 899900000003')
    held({ scope: { url: 'http://crl.example.test/part-1.crl' } })
    const first = pki.card('CPS', CAMILLE, { crl: 'http://crl.example.test/part-1.crl' })
    const second = pki.card('CPS', CAMILLE, { crl: 'http://crl.example.test/part-2.crl' })
    assert.equal(await own.verdict(first.certificate), 'CPS 899900000003')
    assert.match(await own.verdict(second.certificate), /^revocation-unknown: a list of other certificates/)
    assert.match(await own.verdict(good.certificate), /^revocation-unknown: a list of other certificates/)
  })
})
