import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import { fixedKeySource } from '../../src/identity/jws/key-source.ts'
import { secretKeySet } from '../../src/identity/jws/key-set.ts'
import { createSealed } from '../../src/identity/sealed.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { queryAddress } from '../../src/methods/contextual-call/encode.ts'
import { isMatricule } from '../../src/methods/contextual-call/ins.ts'
import { hmacLink, rsaLink, verifyLegacyLink } from '../../src/methods/contextual-call/legacy-link.ts'
import { createOnce } from '../../src/methods/contextual-call/once.ts'
import { registerPartner, type VerifyLink } from '../../src/methods/contextual-call/partner-book.ts'
import { contextualCall } from '../../src/policy/contextual-call.ts'
import { partner as partnerSchema, type Partner } from '../../src/policy/partners.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createManualClock } from '../kit/clock.ts'

const NOW = Date.parse('2026-11-27T09:00:00Z')

describe('an INS matricule', () => {
  it('has a right key, Corsica included', () => {
    const keyed = (body: string, number = body) => `${body}${String(97n - (BigInt(number) % 97n)).padStart(2, '0')}`
    assert.equal(isMatricule('250029912345672'), true)
    assert.equal(isMatricule(keyed('160012A123456', '1600119123456')), true)
    assert.equal(isMatricule(keyed('160012B123456', '1600118123456')), true)
    for (const bad of [
      '250029912345671',
      '25002991234567',
      '2500299123456720',
      'x50029912345672',
      '',
      '950029912345672',
    ])
      assert.equal(isMatricule(bad), false, bad)
  })
})

describe('used calls', () => {
  it('X-14: 100,000 distinct ones are remembered as long as they could be used again, and no longer', async () => {
    const clock = createManualClock(NOW)
    let keys = 0
    const store = createMemoryStore({ clock, maxKeys: 250_000 })
    const once = createOnce({ store, clock }, 30_000)
    await once.begin()
    clock.advance('1m')
    const call = (id: string) => ({ partner: 'chu', id, issuedAt: clock.now(), expiresAt: clock.now() + 120_000 })
    for (let at = 0; at < 100_000; at += 1) assert.equal(await once.take(call(`jti ${at}`)), 'taken')
    const first = { ...call('jti 0'), issuedAt: clock.now() }
    assert.equal(await once.take(first), 'used')
    clock.advance(149_000)
    assert.equal(await once.take({ ...first }), 'used')
    clock.advance(3_000)
    keys = (await store.scan('call-used:', 200_000)).length
    // The one of the last but one line is the only one that is still remembered, if any.
    assert.ok(keys <= 1, String(keys))
  })

  it('X-14: a memory that is full refuses, and forgets nothing early', async () => {
    const clock = createManualClock(NOW)
    const store = createMemoryStore({ clock, maxKeys: 50 })
    const once = createOnce({ store, clock }, 5_000)
    await once.begin()
    clock.advance('1m')
    const call = (at: number) => ({
      partner: 'chu',
      id: `jti ${at}`,
      issuedAt: clock.now(),
      expiresAt: clock.now() + 60_000,
    })
    for (let at = 0; at < 49; at += 1) assert.equal(await once.take(call(at)), 'taken')
    await assert.rejects(once.take(call(50)), /full|keys|memory/i)
    for (let at = 0; at < 49; at += 1) assert.equal(await once.take(call(at)), 'used')
  })
})

describe('what the application is told by its address', () => {
  const deliver = (fields: object) =>
    contextualCall.unwrap().parse({ deliver: { as: 'query', path: '/dcc/p', ...fields } }).deliver

  it('X-11: every byte that could end a value is encoded, in the character set of the application', () => {
    const values = { 'patient.birth-name': `é &=+?#%/"'<;` } as const
    const mapping = { values: { 'nom.usuel': 'patient.birth-name' as const } }
    assert.deepEqual(queryAddress(deliver(mapping), '/dcc/p', values), {
      ok: true,
      value: '/dcc/p?nom.usuel=%C3%A9%20%26%3D%2B%3F%23%25%2F%22%27%3C%3B',
    })
    assert.deepEqual(
      queryAddress(deliver({ ...mapping, charset: 'iso-8859-1' }), '/dcc/p', { 'patient.birth-name': 'é' }),
      {
        ok: true,
        value: '/dcc/p?nom.usuel=%E9',
      },
    )
    assert.equal(queryAddress(deliver({ ...mapping, 'max-length': 3 }), '/dcc/p', values).ok, false)
    assert.deepEqual(queryAddress(deliver(mapping), '/dcc/p', {}), { ok: true, value: '/dcc/p' })
  })
})

describe('sealed data', () => {
  const key = (byte: number) => Buffer.alloc(32, byte)
  const sealedBy = (...keys: Buffer[]) =>
    createSealed({ key: { current: () => keys[0] ?? key(0), every: () => keys }, random: systemRandom })

  it('opens where it was bound to, under a key that is still believed, and nowhere else', () => {
    const text = sealedBy(key(1)).close('call a', { ins: '1' })
    assert.deepEqual(sealedBy(key(2), key(1)).open('call a', text), { ins: '1' })
    assert.equal(sealedBy(key(1)).open('call b', text), undefined)
    assert.equal(sealedBy(key(2)).open('call a', text), undefined)
    for (const broken of ['', '1.x.y', text.slice(0, -2), text.replace('1.', '2.')])
      assert.equal(sealedBy(key(1)).open('call a', broken), undefined)
  })
})

describe('an existing signed link', () => {
  const SECRET = 'un-secret-de-test-de-plus-de-32-signes'
  const policy = contextualCall
    .unwrap()
    .parse({ leeway: '5s', patient: 'optional', deliver: { as: 'query', path: '/dcc/p' } })
  const partnerOf = (link: object = {}): Partner =>
    partnerSchema.parse({
      ...{ id: 'old', finess: '990000017', name: 'CH', contact: 'x', keys: { 'secret-file': 'x' } },
      link: {
        path: '/dcc/appel',
        fields: { rpps: 'user', ts: 'time', n: 'nonce', ipp: 'patient.local-id', nom: 'patient.birth-name' },
        signature: { parameter: 'sig', algorithm: 'hmac-sha256', encoding: 'hex', over: '{rpps}|{ts}|{n}|{ipp}|{nom}' },
        ...link,
      },
    })
  const judge = (raw: string, partner = partnerOf(), verify: VerifyLink = hmacLink(SECRET), now = NOW) => {
    const registered = registerPartner(partner, fixedKeySource(secretKeySet(Buffer.from(SECRET))), verify, false)
    return verifyLegacyLink(policy, registered, raw, { now, address: undefined, method: 'GET' }, false)
  }
  const outcome = (...given: Parameters<typeof judge>): string => {
    const judged = judge(...given)
    return judged.ok ? 'verified' : judged.reason.reason
  }
  const ts = String(NOW / 1_000)
  const sig = (text: string | Buffer) => createHmac('sha256', SECRET).update(text).digest('hex')
  const GOOD = `rpps=899900000003&ts=${ts}&n=42&ipp=IPP-1&nom=Mart%C3%ADn&sig=${sig(`899900000003|${ts}|42|IPP-1|Martín`)}`

  it('is verified as it is, and says who, when and which patient', () => {
    const judged = judge(GOOD)
    assert.ok(judged.ok)
    const { user, patient, id, issuedAt, identity } = judged.value
    assert.deepEqual(
      { user, patient, id, issuedAt },
      {
        user: '899900000003',
        patient: { local_id: 'IPP-1', birth_name: 'Martín' },
        id: 'nonce 42',
        issuedAt: NOW,
      },
    )
    assert.deepEqual(identity, { kind: 'national-id', nationalId: '899900000003' })
  })

  it('is one known vector of HMAC-SHA-256, computed elsewhere', () => {
    // printf '899900000003|1795770000|42|IPP-1|Martin' | openssl dgst -sha256 -hmac "$SECRET"
    const known = '79acb165dcc90f7a04494a0b93d750f10f197a44d11b8361da549c7671b58619'
    const raw = `rpps=899900000003&ts=1795770000&n=42&ipp=IPP-1&nom=Martin&sig=${known}`
    assert.equal(outcome(raw, partnerOf(), hmacLink(SECRET), 1_795_770_000_000), 'verified')
  })

  it('is refused when one letter is another, a parameter is missing, added or there twice', () => {
    assert.equal(outcome(GOOD.replace('IPP-1', 'IPP-2')), 'signature-wrong')
    assert.equal(outcome(GOOD.replace('899900000003', '899900000011')), 'signature-wrong')
    assert.equal(outcome(GOOD.replace('&ipp=IPP-1', '')), 'link-incomplete')
    assert.equal(outcome(`${GOOD}&ipp=IPP-2`), 'link-repeated-parameter')
    assert.equal(outcome(`${GOOD}&role=admin`), 'link-unknown-parameter')
    assert.equal(outcome(GOOD.replace(/sig=.*/, 'sig=')), 'link-incomplete')
    assert.equal(outcome(GOOD.replace(/&sig=.*/, '')), 'link-incomplete')
    assert.equal(outcome(`${GOOD.slice(0, -1)}0`), GOOD.endsWith('0') ? 'verified' : 'signature-wrong')
    assert.equal(outcome(GOOD, partnerOf(), hmacLink('another secret of more than 32 characters')), 'signature-wrong')
    assert.equal(outcome(`${GOOD}&lang=fr`, partnerOf({ unsigned: ['lang'] })), 'verified')
  })

  it('X-11: is refused when one value could be another’s end, as the record system wrote it or moved since', () => {
    const text = sig(`899900000003|${ts}|42|IPP-1|IPP-2|Martin`)
    const written = `rpps=899900000003&ts=${ts}&n=42&ipp=IPP-1%7CIPP-2&nom=Martin&sig=${text}`
    const judged = judge(written)
    assert.ok(!judged.ok)
    assert.deepEqual(judged.reason.fields, ['rpps', 'ts', 'n', 'ipp', 'nom'])
    assert.equal(judged.reason.reason, 'link-ambiguous')
    const moved = `rpps=899900000003&ts=${ts}&n=42%7CIPP-1&ipp=IPP-2&nom=Martin&sig=${text}`
    assert.equal(outcome(moved), 'link-ambiguous', 'another patient, and a nonce that was never used')
    assert.equal(outcome(written.replace('42', '43')), 'signature-wrong', 'of what is not signed nothing more is told')
  })

  it('X-03: is refused when it is too old, from the future, or says no time', () => {
    const verify = hmacLink(SECRET)
    assert.equal(outcome(GOOD, partnerOf(), verify, NOW + 124_000), 'verified')
    assert.equal(outcome(GOOD, partnerOf(), verify, NOW + 126_000), 'too-old')
    assert.equal(outcome(GOOD, partnerOf(), verify, NOW - 6_000), 'issued-in-future')
    const timeless = `rpps=1&ts=soon&n=42&ipp=&nom=&sig=${sig('1|soon|42||')}`
    assert.equal(outcome(timeless), 'link-time-unreadable')
  })

  it('is read in its own character set, with + as a blank', () => {
    const latin = partnerOf({ charset: 'iso-8859-1' })
    const signed = sig(Buffer.from(`899900000003|${ts}|42|A B|É`, 'latin1'))
    const judged = judge(`rpps=899900000003&ts=${ts}&n=42&ipp=A+B&nom=%C9&sig=${signed}`, latin)
    assert.ok(judged.ok)
    assert.equal(judged.value.patient?.birth_name, 'É')
  })

  it('is verified under an RSA key too, in base64', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const link = {
      signature: { parameter: 'sig', algorithm: 'rsa-sha256', encoding: 'base64', over: '{rpps}|{ts}|{n}|{ipp}|{nom}' },
    }
    const signature = sign('sha256', Buffer.from(`899900000003|${ts}|42|IPP-1|X`), privateKey).toString('base64')
    const raw = `rpps=899900000003&ts=${ts}&n=42&ipp=IPP-1&nom=X&sig=${encodeURIComponent(signature)}`
    assert.equal(outcome(raw, partnerOf(link), rsaLink(publicKey)), 'verified')
    assert.equal(outcome(raw.replace('IPP-1', 'IPP-9'), partnerOf(link), rsaLink(publicKey)), 'signature-wrong')
  })

  it('without a nonce, what is signed is what is used once, however its signature is spelt', () => {
    const link = {
      fields: { rpps: 'user', ts: 'time' },
      signature: { parameter: 'sig', algorithm: 'hmac-sha256', encoding: 'hex', over: '{rpps}|{ts}' },
    }
    const raw = `rpps=899900000003&ts=${ts}&sig=${sig(`899900000003|${ts}`)}`
    const [one, two] = [
      judge(raw, partnerOf(link)),
      judge(
        raw.replace(/sig=.*/, (text) => text.toUpperCase().replace('SIG', 'sig')),
        partnerOf(link),
      ),
    ]
    assert.ok(one.ok && two.ok)
    assert.equal(one.value.id, two.value.id)
  })
})
