import assert from 'node:assert/strict'
import { createPublicKey as createPublic } from 'node:crypto'
import { describe, it } from 'node:test'
import type { JwsAlgorithm } from '../../src/identity/jws/algorithms.ts'
import { fixedKeySource } from '../../src/identity/jws/key-source.ts'
import { parseKeySet, secretKeySet } from '../../src/identity/jws/key-set.ts'
import { claimedIssuer, verifyJws, type VerifyOptions } from '../../src/identity/jws/verify.ts'
import { encode, jwksOf, makeIssuerKey, signHmac, signTexts, signToken, type IssuerKey } from '../kit/jws.ts'

const CLAIMS = { iss: '990000017', sub: '899900000017', note: 'é' }
const rsa = makeIssuerKey('RS256', 'rsa-1')
const ec = makeIssuerKey('ES256', 'ec-1')
const ed = makeIssuerKey('EdDSA', 'ed-1')

const sourceOf = (...keys: readonly Pick<IssuerKey, 'publicJwk'>[]) => {
  const set = parseKeySet(jwksOf(...keys))
  assert.ok(set.ok)
  return fixedKeySource(set.value)
}

const options = (algorithms: readonly JwsAlgorithm[], over: Partial<VerifyOptions> = {}): VerifyOptions => ({
  algorithms,
  keys: sourceOf(rsa, ec, ed),
  types: [null, 'jwt'],
  ...over,
})

const ALL: readonly JwsAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA']

const outcome = async (token: string, given: VerifyOptions = options(ALL)): Promise<string> => {
  const verified = await verifyJws(token, given)
  return verified.ok ? 'verified' : verified.reason
}

const pem = (key: IssuerKey, type: 'spki' | 'pkcs1' = 'spki'): string => {
  const jwk = { key: key.publicJwk, format: 'jwk' as const }
  return createPublic(jwk).export({ type, format: 'pem' }).toString()
}

describe('the verifier of signed tokens', () => {
  it('gives back what was signed by each algorithm of the list', async () => {
    for (const key of [rsa, { ...rsa, alg: 'PS256' }, ec, ed]) {
      const verified = await verifyJws(signToken(key, CLAIMS, { typ: 'JWT' }), options(ALL))
      assert.ok(verified.ok, key.alg)
      assert.deepEqual(verified.value.claims, CLAIMS)
      assert.deepEqual(verified.value.header, { alg: key.alg, kid: key.kid, typ: 'jwt' })
    }
  })

  it('J-05: refuses a token without a signature, in every spelling of none', async () => {
    const body = encode(JSON.stringify(CLAIMS))
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null, undefined]) {
      const head = encode(JSON.stringify({ alg }))
      assert.equal(await outcome(`${head}.${body}.`), 'not-compact')
      assert.equal(await outcome(`${head}.${body}.${encode('x')}`), 'algorithm-refused')
    }
  })

  it('J-05: refuses HMAC under whatever is public of a key, and where HMAC is allowed too', async () => {
    const publics = [pem(rsa), pem(rsa, 'pkcs1'), pem(ec), jwksOf(rsa), JSON.stringify(rsa.publicJwk), '']
    for (const secret of publics) {
      for (const kid of ['rsa-1', 'ec-1', undefined]) {
        const token = signHmac(secret, CLAIMS, { kid })
        assert.equal(await outcome(token), 'algorithm-refused')
        assert.equal(await outcome(token, options([...ALL, 'HS256'])), 'key-unknown')
      }
    }
  })

  it('J-05: takes a secret for HMAC alone, and no public key for it', async () => {
    const secret = Buffer.alloc(32, 7)
    const keys = fixedKeySource(secretKeySet(secret, 'shared-1'))
    assert.equal(await outcome(signHmac(secret, CLAIMS, { kid: 'shared-1' }), options(['HS256'], { keys })), 'verified')
    assert.equal(await outcome(signHmac(secret, CLAIMS), options(['HS256'], { keys })), 'verified')
    assert.equal(await outcome(signHmac(secret, CLAIMS, { kid: 'x' }), options(['HS256'], { keys })), 'key-unknown')
    assert.equal(await outcome(signHmac('other', CLAIMS), options(['HS256'], { keys })), 'signature-wrong')
    assert.equal(await outcome(signToken(rsa, CLAIMS), options(['HS256', 'RS256'], { keys })), 'key-unknown')
  })

  it('J-05: refuses a key of another kind under the name that the token gives', async () => {
    assert.equal(await outcome(signToken(ec, CLAIMS, { kid: 'rsa-1' })), 'key-unknown')
    assert.equal(await outcome(signToken(rsa, CLAIMS, { kid: 'ec-1' })), 'key-unknown')
    assert.equal(await outcome(signToken(ed, CLAIMS, { kid: 'ec-1' })), 'key-unknown')
    const es384 = makeIssuerKey('ES384', 'ec-384')
    const keys = sourceOf(es384)
    assert.equal(
      await outcome(signToken({ ...es384, alg: 'ES256' }, CLAIMS), options(['ES256'], { keys })),
      'key-unknown',
    )
  })

  it('J-05: refuses an algorithm that the issuer is not allowed, though the key would do', async () => {
    assert.equal(await outcome(signToken({ ...rsa, alg: 'PS256' }, CLAIMS), options(['RS256'])), 'algorithm-refused')
    assert.equal(await outcome(signToken({ ...rsa, alg: 'RS512' }, CLAIMS)), 'algorithm-refused')
  })

  it('J-05: refuses a key that says that it is for another algorithm, or for encryption', async () => {
    for (const says of [{ alg: 'PS256' }, { use: 'enc' }, { key_ops: ['sign'] }]) {
      const keys = sourceOf({ publicJwk: { ...rsa.publicJwk, ...says } }, ed)
      assert.equal(await outcome(signToken(rsa, CLAIMS), options(ALL, { keys })), 'key-unknown')
    }
  })

  it('J-05: refuses what brings or points to its own key, and what changes what is signed', async () => {
    const stranger = makeIssuerKey('RS256', 'rsa-1')
    const tricks = {
      jwk: stranger.publicJwk,
      jku: 'https://evil.example.test/jwks.json',
      x5u: 'https://evil.example.test/cert.pem',
      x5c: ['MIIB'],
      crit: ['exp'],
      b64: false,
      zip: 'DEF',
      url: 'https://evil.example.test/',
    }
    for (const [name, value] of Object.entries(tricks)) {
      const header = { [name]: value }
      assert.equal(await outcome(signToken(stranger, CLAIMS, header)), 'header-refused', name)
      assert.equal(await outcome(signToken(rsa, CLAIMS, header)), 'header-refused', `${name}, well signed`)
    }
    assert.equal(await outcome(signToken(rsa, CLAIMS, { crit: ['b64'], b64: false })), 'header-refused')
  })

  it('J-05: refuses the signature of another key, cut, empty, of another token, or in the form of certificates', async () => {
    const token = signToken(rsa, CLAIMS)
    const [head = '', body = '', signature = ''] = token.split('.')
    const [, , other = ''] = signToken(rsa, { ...CLAIMS, sub: '899900000025' }).split('.')
    assert.equal(await outcome(signToken(makeIssuerKey('RS256', 'rsa-1'), CLAIMS)), 'signature-wrong')
    assert.equal(await outcome(`${head}.${body}.${other}`), 'signature-wrong')
    assert.equal(
      await outcome(`${head}.${body}.${encode(Buffer.from(signature, 'base64url').subarray(1))}`),
      'signature-wrong',
    )
    assert.equal(
      await outcome(`${head}.${encode(JSON.stringify({ ...CLAIMS, sub: 'x' }))}.${signature}`),
      'signature-wrong',
    )
    const [ecHead = '', ecBody = ''] = signToken(ec, CLAIMS).split('.')
    for (const bad of [Buffer.alloc(64), Buffer.alloc(64, 0xff), Buffer.alloc(63, 1), Buffer.alloc(72, 0x30)])
      assert.equal(await outcome(`${ecHead}.${ecBody}.${encode(bad)}`), 'signature-wrong')
  })

  it('J-06: refuses a name that stands twice, in the header, in the claims, and within them, however it is spelt', async () => {
    const body = JSON.stringify(CLAIMS)
    const head = '{"alg":"RS256","kid":"rsa-1"}'
    assert.equal(await outcome(signTexts(rsa, '{"alg":"RS256","kid":"rsa-1","alg":"RS256"}', body)), 'duplicate-name')
    for (const claims of [
      '{"sub":"a","sub":"b"}',
      '{"sub":"a","\\u0073ub":"b"}',
      '{"patient":{"ins":"1","ins":"2"}}',
      '{"list":[{"a":1},{"a":1,"a":2}]}',
    ])
      assert.equal(await outcome(signTexts(rsa, head, claims)), 'duplicate-name', claims)
    assert.equal(await outcome(signTexts(rsa, head, '{"list":[{"a":1},{"a":2}],"a":{"a":"a"}}')), 'verified')
  })

  it('refuses what is no JSON object, no UTF-8, or too deep', async () => {
    const head = '{"alg":"RS256","kid":"rsa-1"}'
    for (const claims of ['[]', 'null', '"x"', '1', '{', '', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`])
      assert.notEqual(await outcome(signTexts(rsa, head, claims)), 'verified', claims)
    assert.equal(await outcome(signTexts(rsa, '[]', '{}')), 'header-unreadable')
    const broken = signTexts(rsa, head, '{}').split('.')
    broken[1] = encode(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))
    assert.equal(await outcome(broken.join('.')), 'claims-unreadable')
  })

  it('refuses every other form than the compact one, and every second spelling of it', async () => {
    const token = signToken(rsa, CLAIMS)
    const [head = '', body = '', signature = ''] = token.split('.')
    const json = JSON.stringify({ payload: body, protected: head, signature })
    for (const given of [
      '',
      '.',
      '..',
      json,
      `${token}.`,
      `${token}.x`,
      `${token}=`,
      ` ${token}`,
      `${token}\n`,
      `${head}.${body}`,
    ])
      assert.equal(await outcome(given), 'not-compact', JSON.stringify(given).slice(0, 40))
    assert.equal(await outcome(token.replaceAll('_', '/').replaceAll('-', '+') + '+'), 'not-compact')
    const spare = `${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1)}`
    assert.notEqual(await outcome(`${head}.${body}.${spare}`), 'verified')
  })

  it('refuses a token that is too long before it reads it', async () => {
    assert.equal(await outcome('a'.repeat(16_385)), 'too-long')
    assert.equal(
      await outcome(signToken(rsa, { ...CLAIMS, note: 'x'.repeat(3_000) }), options(ALL, { maxLength: 2_048 })),
      'too-long',
    )
  })

  it('refuses another type than the caller accepts, such as a logout token for an identity token', async () => {
    assert.equal(await outcome(signToken(rsa, CLAIMS, { typ: 'logout+jwt' })), 'type-refused')
    assert.equal(await outcome(signToken(rsa, CLAIMS, { typ: 7 })), 'type-refused')
    assert.equal(await outcome(signToken(rsa, CLAIMS), options(ALL, { types: ['logout+jwt'] })), 'type-refused')
    const logout = signToken(rsa, CLAIMS, { typ: 'application/logout+jwt' })
    assert.equal(await outcome(logout, options(ALL, { types: ['logout+jwt'] })), 'verified')
  })

  it('X-05: a name of a key means nothing with another issuer', async () => {
    const a = makeIssuerKey('ES256', 'key-1')
    const b = makeIssuerKey('ES256', 'key-1')
    assert.equal(await outcome(signToken(a, CLAIMS), options(['ES256'], { keys: sourceOf(b) })), 'signature-wrong')
    assert.equal(
      await outcome(signToken({ ...a, kid: 'key-2' }, CLAIMS), options(['ES256'], { keys: sourceOf(b) })),
      'key-unknown',
    )
  })

  it('takes a token without the name of a key only where there is no choice', async () => {
    const unnamed = signToken(rsa, CLAIMS, { kid: undefined })
    assert.equal(await outcome(unnamed), 'verified')
    const keys = sourceOf(rsa, makeIssuerKey('RS256', 'rsa-2'))
    assert.equal(await outcome(unnamed, options(ALL, { keys })), 'key-unknown')
    for (const kid of ['', 7, 'x'.repeat(201), ['rsa-1']])
      assert.equal(await outcome(signToken(rsa, CLAIMS, { kid })), 'header-refused')
  })

  it('reads whom a token claims to come from, and believes nothing by it', () => {
    assert.deepEqual(claimedIssuer(signHmac('anything', CLAIMS)), { ok: true, value: '990000017' })
    for (const token of ['', 'a.b.c', signHmac('x', { iss: 7 }), 'a'.repeat(20_000)])
      assert.equal(claimedIssuer(token).ok, false)
  })
})

describe('a JWKS', () => {
  const refusal = (text: string): string => {
    const set = parseKeySet(text)
    return set.ok ? 'taken' : set.reason
  }

  it('is refused when it is none, holds nothing to verify with, or a private key', () => {
    assert.equal(refusal('<html>'), 'not-json')
    assert.equal(refusal('{"keys":[],"keys":[]}'), 'not-json')
    assert.equal(refusal('{"key":[]}'), 'not-a-jwks')
    assert.equal(refusal('{"keys":[]}'), 'no-usable-key')
    assert.equal(refusal(JSON.stringify({ keys: Array.from({ length: 65 }, () => ec.publicJwk) })), 'too-many-keys')
    const whole = ec.privateKey.export({ format: 'jwk' })
    assert.equal(refusal(JSON.stringify({ keys: [whole] })), 'private-key')
    assert.equal(refusal(JSON.stringify({ keys: [{ kty: 'oct', k: encode('secret') }] })), 'private-key')
  })

  it('passes over keys of unknown kinds and RSA keys that are too short', () => {
    const unknown = { kty: 'AKP', alg: 'ML-DSA-44', pub: 'x' }
    assert.equal(refusal(JSON.stringify({ keys: [unknown] })), 'no-usable-key')
    assert.equal(
      refusal(JSON.stringify({ keys: [unknown, { ...ec.publicJwk, crv: 'secp256k1' }, ec.publicJwk] })),
      'taken',
    )
    const short = { kty: 'RSA', e: 'AQAB', n: encode(Buffer.alloc(128, 0xab)) }
    assert.equal(refusal(JSON.stringify({ keys: [short] })), 'no-usable-key')
  })
})
