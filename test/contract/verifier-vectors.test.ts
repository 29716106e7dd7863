import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { CompactSign, generateKeyPair, SignJWT } from 'jose'
import { ANONYMOUS } from '../../src/policy/subject.ts'
import { createAssertionSigner, type AssertionSigner } from '../fixtures/assertion-signer.ts'
import {
  createSigning,
  REQUEST,
  SIGNATURE_SECRET,
  SIGNED_AT,
  SIGNED_HEADERS,
  signingSite,
  ZOE,
  type SignedMessage,
} from '../kit/signed-request.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { buildVerifier, type BuiltVerifier } from '../kit/verifier.ts'

// The Java classes of the verifier kit, without a server: what the gate signs they believe, anything else they name.

let verifier: BuiltVerifier
before(async () => {
  verifier = await buildVerifier()
})

const SECOND = Math.floor(Date.parse(SIGNED_AT) / 1_000)
const sign = createSigning()

const vector = (messages: readonly SignedMessage[], fields: Readonly<Record<string, unknown>> = {}) => ({
  kind: 'request',
  key: 'dcc-2026',
  secret: SIGNATURE_SECRET,
  headers: Object.keys(SIGNED_HEADERS),
  nonces: 10,
  started: SECOND - 3_600,
  now: SECOND,
  messages,
  ...fields,
})

const edited = (from: RegExp, to: string, message = sign()): SignedMessage => {
  const rawHeaders = message.rawHeaders.map((field) => field.replace(from, to))
  assert.notDeepEqual(rawHeaders, message.rawHeaders)
  return { ...message, rawHeaders }
}

/** Without the field of that name. */
const without = (name: string, message = sign()): SignedMessage => ({
  ...message,
  rawHeaders: message.rawHeaders.filter((_field, at) => message.rawHeaders[at - (at % 2)] !== name),
})

const withMore = (...fields: readonly string[]): SignedMessage => {
  const message = sign()
  return { ...message, rawHeaders: [...message.rawHeaders, ...fields] }
}

describe('the Java verifier and the gate', () => {
  it('agree about every request that the gate signs', async () => {
    const targets = [
      '/',
      '/dcc?',
      '/dcc??&=',
      '/a//b/%7Eu;jsessionid=1?q=%C3%A9+%25',
      `/${'x'.repeat(8_000)}`,
      '/dcc?q=caf\xe9',
    ]
    const requests = targets.flatMap((target) =>
      ['GET', 'POST', 'HEAD'].map((method) => ({ method, host: 'dcc.example.test', target })),
    )
    const hosts = ['dcc.example.test:8443', 'dcc.example.test:443', '[::1]:8080'].map((host) => ({ ...REQUEST, host }))
    const names = ['Zoé Œuvrard', '', ', ', '"quoted\\"', '’Ł 中', 'ÿ\xa0x']
    const messages = [
      ...[...requests, ...hosts].map((request) => sign(request)),
      ...(['percent-utf8', 'utf8', 'latin1'] as const).flatMap((encoding) =>
        names.map((name) => createSigning(signingSite(encoding))(REQUEST, { ...ZOE, name })),
      ),
      sign(REQUEST, ANONYMOUS, ''),
      createSigning(signingSite('utf8', 120_000))(REQUEST, ANONYMOUS, ''),
    ]
    const verdicts = await verifier.judge(messages.map((message) => vector([message])))
    assert.deepEqual(
      verdicts,
      messages.map(() => 'ok'),
    )
  })

  it('compute the signature of RFC 9421, appendix B.2.5', async () => {
    const message = (date: string) => ({
      method: 'POST',
      url: '/foo?param=Value&Pet=dog',
      rawHeaders: [
        ...['Host', 'example.com', 'Date', date, 'Content-Type', 'application/json', 'Content-Length', '18'],
        'Signature-Input',
        'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
        ...['Signature', 'sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:'],
      ],
    })
    const secret = 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=='
    const verdicts = await verifier.judge(
      ['Tue, 20 Apr 2021 02:07:55 GMT', 'Tue, 20 Apr 2021 02:07:56 GMT'].map((date) => ({
        kind: 'signature',
        secret,
        message: message(date),
      })),
    )
    assert.deepEqual(verdicts, ['ok', 'wrong'])
  })

  it('H-16: a signature is believed for its request, in its moment, once, and named for what it is otherwise', async () => {
    const twice = sign()
    const cases: readonly (readonly [verdict: string, vector: unknown])[] = [
      ['a request that was received before', vector([twice, twice])],
      [
        'a request that was received before',
        vector([twice, { ...twice, rawHeaders: [...twice.rawHeaders, 'X', 'y'] }]),
      ],
      ['ok', vector([sign(), sign(), sign()])],
      ['more requests than can be remembered: raise "nonces"', vector([sign(), sign(), sign()], { nonces: 2 })],
      ['ok', vector([sign()], { now: SECOND + 65 })],
      ['a signature that has expired', vector([sign()], { now: SECOND + 66 })],
      ['a signature that has expired', vector([sign()], { now: SECOND + 300 })],
      ['ok', vector([sign()], { now: SECOND - 5 })],
      ['a signature of the future: do both clocks run by NTP?', vector([sign()], { now: SECOND - 6 })],
      ['a signature from before this server started', vector([sign()], { started: SECOND + 1, now: SECOND + 2 })],
      ['a signature that lives too long', vector([createSigning(signingSite('percent-utf8', 121_000))()])],
      ...[{ method: 'POST' }, { url: '/dcc/~a;x=1?q=%C3%A9&empty=' }, { url: '/dcc/%7Ea;x=1' }].map(
        (other) => ['a wrong signature', vector([{ ...sign(), ...other }])] as const,
      ),
      ['a wrong signature', vector([edited(/^dcc\.example\.test$/, 'dcc2.example.test')])],
      ['a wrong signature', vector([edited(/^z\.oeuvrard$/, 'a.modele')])],
      ['a wrong signature', vector([edited(/^e30\.e30\.c2ln$/, 'e30.e30.c2lm')])],
      ['a wrong signature', vector([edited(/;expires=\d+/, `;expires=${SECOND + 100}`)])],
      ['a wrong signature', vector([withMore('x-remote-user', 'root')])],
      ['x-user-rpps is signed and not there', vector([without('X-User-RPPS')])],
      ['x-portillon-assertion is signed and not there', vector([without('X-Portillon-Assertion')])],
      ['no signature', vector([without('Signature-Input')])],
      ['no signature', vector([without('Signature', without('Signature-Input'))])],
      ['a Signature that cannot be read', vector([without('Signature')])],
      ['a Signature that cannot be read', vector([edited(/^portillon=:/, 'other=:')])],
      ['more than one Signature-Input', vector([withMore('signature-input', 'a=("@method");tag="portillon"')])],
      ['x-user-name is not signed', vector([edited(/ "x-user-name"/, '')])],
      ['x-user-roles is not signed', vector([sign()], { headers: ['X-User-Roles'] })],
      ['a key that is not known here', vector([sign()], { key: 'dcc-2025' })],
      ['a wrong signature', vector([sign()], { secret: `${SIGNATURE_SECRET}x` })],
      ['a signature for another purpose', vector([edited(/tag="portillon"/, 'tag="x"')])],
      ['another algorithm', vector([edited(/alg="hmac-sha256"/, 'alg="rsa-v1_5-sha256"')])],
      ['a parameter of the signature twice', vector([edited(/;tag=/, ';created=1;tag=')])],
      ['a Signature-Input that cannot be read', vector([edited(/"@method"/, '"@method";req')])],
      [
        'a Signature-Input that cannot be read',
        vector([edited(/^portillon=\(/, `portillon=(${'"a" '.repeat(2_000)}`)]),
      ],
      ['@path is signed and not known here', vector([edited(/"x-remote-user"/, '"@path" "x-remote-user"')])],
    ]
    assert.deepEqual(
      await verifier.judge(cases.map(([, given]) => given)),
      cases.map(([verdict]) => verdict),
    )
  })
})

describe('the Java verifier and the assertion', () => {
  let signer: AssertionSigner
  let jwks: string
  before(async () => {
    signer = await createAssertionSigner()
    jwks = join(createTempFolder('jwks').path, 'jwks.json')
    writeFileSync(jwks, JSON.stringify(signer.jwks))
  })

  const at = SECOND * 1_000
  const assertion = (token: string, fields: Readonly<Record<string, unknown>> = {}) => ({
    kind: 'assertion',
    jwks,
    issuer: signer.issuer,
    audience: signer.audience,
    login: 'z.oeuvrard',
    now: SECOND,
    token,
    ...fields,
  })

  it('H-17: it is believed by key, issuer, audience and time, whatever the token says of itself', async () => {
    const good = await signer.sign({}, at)
    const [header = '', claims = '', signature = ''] = good.split('.')
    const other = await generateKeyPair('ES256')
    const byOther = (alg: string, kid: string) =>
      new CompactSign(Buffer.from(JSON.stringify({ iss: signer.issuer, aud: signer.audience, exp: SECOND + 9 })))
        .setProtectedHeader({ alg, kid })
        .sign(alg === 'ES256' ? other.privateKey : new Uint8Array(32))
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const twice = Buffer.from('{"alg":"ES256","alg":"ES256","kid":"test-1"}').toString('base64url')
    const cases: readonly (readonly [verdict: string, vector: unknown])[] = [
      ['ok', assertion(good)],
      ['ok', assertion(await signer.sign({ login: 'zoé"\\ \u{1f600}' }, at), { login: 'zoé"\\ \u{1f600}' })],
      ['ok', assertion(good, { now: SECOND + 124 })],
      ['an assertion that has expired', assertion(good, { now: SECOND + 125 })],
      ['an assertion of the future', assertion(good, { now: SECOND - 6 })],
      ['an assertion of another issuer', assertion(await signer.sign({ iss: 'https://x.example.test' }, at))],
      ['an assertion for another audience', assertion(await signer.sign({ aud: 'x' }, at))],
      ['an assertion about nobody', assertion(await signer.sign({ login: '' }, at))],
      ['an assertion without its times', assertion(await signer.sign({ exp: 'never' }, at))],
      ['an assertion with a wrong signature', assertion(`${header}.${encoded({ login: 'root' })}.${signature}`)],
      ['an assertion with a wrong signature', assertion(await byOther('ES256', 'test-1'))],
      ['an assertion with a wrong signature', assertion(`${header}.${claims}.`)],
      ['an assertion by a key that is not known: is jwks.json in reach?', assertion(await byOther('ES256', 'test-2'))],
      ['an assertion by a key that is not known: is jwks.json in reach?', assertion(good, { jwks: `${jwks}.none` })],
      ['an assertion not of ES256', assertion(await byOther('HS256', 'test-1'))],
      ['an assertion not of ES256', assertion(`${encoded({ alg: 'none', kid: 'test-1' })}.${claims}.`)],
      ['an assertion that cannot be read', assertion(`${twice}.${claims}.${signature}`)],
      ['an assertion that cannot be read', assertion(`${header.slice(1)}.${claims}.${signature}`)],
      ['an assertion that is none', assertion('')],
      ['an assertion that is none', assertion(`${good}, ${good}`)],
    ]
    assert.deepEqual(
      await verifier.judge(cases.map(([, given]) => given)),
      cases.map(([verdict]) => verdict),
    )
  })

  it('a token that names no key, keys of another kind and broken ones open nothing', async () => {
    const [key = {}] = signer.jwks.keys
    const cases: readonly (readonly [verdict: RegExp, keys: unknown])[] = [
      [/^ok$/, { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA', kid: 'other' }, key] }],
      [/not known/, { keys: [{ ...key, crv: 'P-384' }] }],
      [/not known/, { keys: [{ ...key, x: 'not base64url!' }] }],
      [/not known/, { keys: {} }],
      [/not known/, []],
      [/wrong signature|not known/, { keys: [{ ...key, y: 'AAAA' }] }],
    ]
    const token = await new SignJWT({ login: 'x' })
      .setProtectedHeader({ alg: 'ES256' })
      .sign((await generateKeyPair('ES256')).privateKey)
    assert.match((await verifier.judge([assertion(token)]))[0] ?? '', /not known/)
    const vectors: unknown[] = []
    for (const [index, [, keys]] of cases.entries()) {
      const file = `${jwks}.${index}`
      writeFileSync(file, JSON.stringify(keys))
      vectors.push(assertion(await signer.sign({}, at), { jwks: file }))
    }
    const verdicts = await verifier.judge(vectors)
    for (const [index, [verdict]] of cases.entries()) assert.match(verdicts[index] ?? '', verdict)
  })
})
