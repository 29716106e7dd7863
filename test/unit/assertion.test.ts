import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { createLocalJWKSet, decodeProtectedHeader, generateKeyPair, jwtVerify } from 'jose'
import { createAssertionMinter, type Mint } from '../../src/identity/assertion.ts'
import { openKeyring, type Keyring } from '../../src/identity/keyring.ts'
import { systemRandom } from '../../src/lib/random.ts'
import type { SignedIn } from '../../src/policy/subject.ts'
import { createManualClock, type ManualClock } from '../kit/clock.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const ORIGIN = 'https://dcc.example.test'
const SESSION = 'mSqZ1Cjm7lq8q0gVYzvV1m3n9b2k5x7c0a4e6f8h1jk'
const SITE = {
  identity: {
    headers: {},
    encoding: 'percent-utf8' as const,
    assertion: { audience: 'webdcr', lifetime: 120_000 },
  },
}

describe('the assertion', () => {
  let clock: ManualClock
  let keyring: Keyring
  let mint: Mint
  let zoe: SignedIn

  beforeEach(async () => {
    clock = createManualClock('2026-11-23T09:00:00.700Z')
    keyring = await openKeyring(createTempFolder('keys').path, { clock })
    mint = createAssertionMinter({ keyring, clock, random: systemRandom }).forSite(SITE, ORIGIN)
    zoe = {
      kind: 'signed-in',
      account: 'a-1',
      login: 'z.oeuvrard',
      name: 'Zoé Œuvrard',
      givenName: 'Zoé',
      familyName: 'Œuvrard',
      email: 'zoe@hopital.example.test',
      nationalId: '899900000017',
      roles: ['medecin'],
      way: 'mailed-code',
      level: 1,
      methods: ['password', 'email-code'],
      authenticatedAt: clock.now() - 60_000,
    }
  })

  const verify = (token: string | null) => {
    assert.ok(token !== null)
    return jwtVerify(token, createLocalJWKSet(keyring.publicJwks(clock.now())), {
      issuer: ORIGIN,
      audience: 'webdcr',
      algorithms: ['ES256'],
      typ: 'JWT',
      currentDate: new Date(clock.now()),
    })
  }

  it('says who, by whom, for whom, since when and how, and verifies with the published keys', async () => {
    const { payload, protectedHeader } = await verify(await mint(zoe, SESSION))
    const { jti, ...claims } = payload
    const now = Date.parse('2026-11-23T09:00:00Z') / 1_000
    assert.deepEqual(protectedHeader, { alg: 'ES256', kid: keyring.signingKey(clock.now()).kid, typ: 'JWT' })
    assert.match(String(jti), /^[\w-]{22}$/)
    assert.deepEqual(claims, {
      iss: ORIGIN,
      aud: 'webdcr',
      sub: 'a-1',
      iat: now,
      exp: now + 120,
      auth_time: now - 60,
      sid: SESSION.slice(0, 32),
      acr: 'urn:portillon:level:1',
      amr: ['pwd', 'otp'],
      way: 'mailed-code',
      login: 'z.oeuvrard',
      name: 'Zoé Œuvrard',
      given_name: 'Zoé',
      family_name: 'Œuvrard',
      national_id: '899900000017',
      roles: ['medecin'],
    })
  })

  it('T-25: tells the level of the way, and never calls two steps two factors', async () => {
    for (const level of [1, 2, 3] as const) {
      const { payload } = await verify(await mint({ ...zoe, level }, `${SESSION}${level}`))
      assert.equal(payload['acr'], `urn:portillon:level:${level}`)
      assert.equal((payload['amr'] as string[]).includes('mfa'), false)
    }
  })

  it('leaves out a national identifier that the person does not have', async () => {
    const { payload } = await verify(await mint({ ...zoe, nationalId: null }, SESSION))
    assert.equal('national_id' in payload, false)
  })

  it('tells the practice of the session, without what only the gate goes by; no claim where there is none', async () => {
    const told = { finess: '990000028', structure: 'CENTRE HOSPITALIER FICTIF', profession: '10', speciality: 'SM36' }
    const practice = { ...told, category: 'C', structureId: 'R9990001' }
    assert.deepEqual((await verify(await mint({ ...zoe, practice }, SESSION))).payload['practice'], told)
    assert.equal('practice' in (await verify(await mint(zoe, `${SESSION}2`))).payload, false)
  })

  it('is not made for a site that wants none', () => {
    const none = createAssertionMinter({ keyring, clock, random: systemRandom }).forSite(
      { identity: { headers: {}, encoding: 'percent-utf8' } },
      ORIGIN,
    )
    assert.equal(none(zoe, SESSION), null)
  })

  it('is signed once for requests of one session that ask at the same moment', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, async () => mint(zoe, SESSION)))
    assert.equal(new Set(tokens).size, 1)
  })

  it('is handed out at once for half its life, then made anew', async () => {
    const first = await mint(zoe, SESSION)
    clock.advance(59_999)
    assert.equal(mint(zoe, SESSION), first)
    clock.advance(1)
    const second = await mint(zoe, SESSION)
    assert.notEqual(second, first)
    assert.equal((await verify(second)).payload.iat, Math.floor(clock.now() / 1_000))
  })

  it('is another one for another session and for another site', async () => {
    const other = createAssertionMinter({ keyring, clock, random: systemRandom }).forSite(
      SITE,
      'https://other.example.test',
    )
    const first = await mint(zoe, SESSION)
    const paul = await mint({ ...zoe, account: 'a-2', login: 'p.martin' }, SESSION.replace('m', 'n'))
    assert.equal((await verify(paul)).payload.sub, 'a-2')
    assert.equal(mint(zoe, SESSION), first)
    await assert.rejects(verify(await other(zoe, SESSION)), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'iss' })
  })

  it('is made anew as soon as another key signs, so that a withdrawn key does not live on in the cache', async () => {
    const lasting = { identity: { ...SITE.identity, assertion: { audience: 'webdcr', lifetime: 3_600_000 } } }
    const mintLasting = createAssertionMinter({ keyring, clock, random: systemRandom }).forSite(lasting, ORIGIN)
    const first = await mintLasting(zoe, SESSION)
    const { kid } = await keyring.rotate('assertion')
    clock.advance('9m')
    assert.equal(mintLasting(zoe, SESSION), first)
    clock.advance('1m')
    const second = await mintLasting(zoe, SESSION)
    assert.equal(decodeProtectedHeader(second ?? '').kid, kid)
    await verify(first)
    await verify(second)
  })

  it('is made anew when the clock was set back', async () => {
    const first = await mint(zoe, SESSION)
    clock.set(clock.now() - 3_600_000)
    const second = await mint(zoe, SESSION)
    assert.notEqual(second, first)
    assert.equal((await verify(second)).payload.sub, 'a-1')
  })

  it('fails the request when it cannot be signed, and is tried anew by the next one', async () => {
    const { privateKey } = await generateKeyPair('RS256')
    let isBroken = true
    const broken: Keyring = {
      ...keyring,
      signingKey: (now) => (isBroken ? { ...keyring.signingKey(now), privateKey } : keyring.signingKey(now)),
    }
    const fragile = createAssertionMinter({ keyring: broken, clock, random: systemRandom }).forSite(SITE, ORIGIN)
    await assert.rejects(Promise.resolve(fragile(zoe, SESSION)))
    isBroken = false
    assert.equal((await verify(await fragile(zoe, SESSION))).payload.sub, 'a-1')
  })

  it('refuses to verify when one letter is changed', async () => {
    const token = String(await mint(zoe, SESSION))
    const [header = '', payload = '', signature = ''] = token.split('.')
    const forged = JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'a-2' })
    await assert.rejects(verify([header, Buffer.from(forged).toString('base64url'), signature].join('.')), {
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    })
  })
})
