import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createSignatureVerifier } from '../../deploy/demo/signature.ts'
import { createIdentityHeaders } from '../../src/identity/headers.ts'
import { createRequestSigner, type SignedRequest } from '../../src/identity/request-signature.ts'
import { coverComponents, hmacSha256 } from '../../src/identity/signature-base.ts'
import { systemRandom } from '../../src/lib/random.ts'
import type { Site } from '../../src/policy/schema.ts'
import { ANONYMOUS, type SignedIn } from '../../src/policy/subject.ts'
import { createManualClock } from '../kit/clock.ts'

const SECRET = '0123456789abcdefghijklmnopqrstuvwxyz-ABCD'
const NOW = '2026-11-23T09:00:00.700Z'
const CREATED = Date.parse('2026-11-23T09:00:00Z') / 1_000
const HEADERS = { 'X-Remote-User': 'login', 'X-User-Name': 'name', 'X-User-RPPS': 'rpps' } as const

const ZOE: SignedIn = {
  kind: 'signed-in',
  account: 'a-1',
  login: 'z.oeuvrard',
  name: 'Zoé Œuvrard',
  givenName: 'Zoé',
  familyName: 'Œuvrard',
  email: 'zoe@hopital.example.test',
  nationalId: null,
  roles: ['medecin'],
  way: 'mailed-code',
  level: 1,
  methods: ['password', 'email-code'],
  authenticatedAt: Date.UTC(2026, 10, 23),
}
const REQUEST = { method: 'GET', host: 'dcc.example.test', target: '/dcc/%7Ea;x=1?q=%C3%A9&empty=' }

const siteWith = (encoding: Site['identity']['encoding'] = 'percent-utf8') => ({
  identity: { headers: HEADERS, encoding, signature: { 'key-id': 'dcc-2026', 'secret-file': '', lifetime: 60_000 } },
})

interface Signed {
  readonly input: string
  readonly signature: string
  /** The headers that the application receives. */
  readonly rawHeaders: readonly string[]
}

const signerOf = (site = siteWith(), clock = createManualClock(NOW)) => {
  const sign = createRequestSigner(site, SECRET, { clock, random: systemRandom })
  assert.ok(sign !== null)
  const headersOf = createIdentityHeaders(site)
  return (
    request: SignedRequest = REQUEST,
    subject: SignedIn | typeof ANONYMOUS = ZOE,
    assertion = 'e30.e30.c2ln',
  ): Signed => {
    const identity = headersOf(subject)
    const fields = sign(request, identity, assertion)
    const rawHeaders = ['Host', request.host, ...identity.flat(), 'X-Portillon-Assertion', assertion, ...fields]
    return { input: fields[1] ?? '', signature: fields[3] ?? '', rawHeaders }
  }
}

const verifierOf = (clock = createManualClock(NOW)) =>
  createSignatureVerifier({ keyId: 'dcc-2026', secret: SECRET, headers: Object.keys(HEADERS) }, () => clock.now())

const valueIn = (rawHeaders: readonly string[], name: string): string | undefined =>
  rawHeaders[rawHeaders.findIndex((field, at) => at % 2 === 0 && field === name) + 1]

describe('hmac-sha256 of RFC 9421', () => {
  it('gives the signature of its appendix B.2.5', () => {
    const key = createSecretKey(
      Buffer.from('uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==', 'base64'),
    )
    const covered = coverComponents(['"date"', '"@authority"', '"content-type"'])
    const base = covered.base(
      ['Tue, 20 Apr 2021 02:07:55 GMT', 'example.com', 'application/json'],
      ';created=1618884473;keyid="test-shared-secret"',
    )
    assert.equal(
      base,
      '"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@authority": example.com\n"content-type": application/json\n' +
        '"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    )
    assert.equal(hmacSha256(key, base), ':pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:')
  })
})

describe('the signature over a forwarded request', () => {
  it('H-16: names what it covers, from when until when, once, by which key and for whom', () => {
    const { input, signature } = signerOf()()
    const nonce = /;nonce="(?<nonce>[\w-]{22}\.1)"/.exec(input)?.groups?.['nonce'] ?? 'none'
    assert.equal(
      input,
      'portillon=("@method" "@authority" "@request-target" "x-remote-user" "x-user-name" "x-user-rpps" "x-portillon-assertion")' +
        `;created=${CREATED};expires=${CREATED + 60};nonce="${nonce}";keyid="dcc-2026";alg="hmac-sha256";tag="portillon"`,
    )
    const base = [
      '"@method": GET',
      '"@authority": dcc.example.test',
      '"@request-target": /dcc/%7Ea;x=1?q=%C3%A9&empty=',
      '"x-remote-user": z.oeuvrard',
      '"x-user-name": Zo%C3%A9 %C5%92uvrard',
      '"x-user-rpps": ',
      '"x-portillon-assertion": e30.e30.c2ln',
      `"@signature-params": ${input.slice('portillon='.length)}`,
    ]
    assert.equal(signature, `portillon=${hmacSha256(createSecretKey(SECRET, 'utf8'), base.join('\n'))}`)
  })

  it('H-16: is there for a visitor whom nobody knows, over empty headers', () => {
    const verify = verifierOf()
    const { rawHeaders } = signerOf()(REQUEST, ANONYMOUS, '')
    assert.equal(valueIn(rawHeaders, 'X-Remote-User'), '')
    assert.equal(verify({ method: 'GET', url: REQUEST.target, rawHeaders }).verified, true)
  })

  it('leaves out the port that goes without saying, and keeps any other', () => {
    for (const [host, authority] of [
      ['dcc.example.test:443', 'dcc.example.test'],
      ['dcc.example.test:80', 'dcc.example.test'],
      ['[::80]:8080', '[::80]:8080'],
      ['[::80]', '[::80]'],
    ] as const) {
      const { rawHeaders } = signerOf()({ ...REQUEST, host })
      const asWritten = { method: 'GET', url: REQUEST.target, rawHeaders: rawHeaders.with(1, authority) }
      assert.equal(verifierOf()(asWritten).verified, true, host)
    }
  })

  for (const encoding of ['utf8', 'latin1'] as const) {
    it(`covers the bytes of a name that is written in ${encoding}`, () => {
      const { input, rawHeaders } = signerOf(siteWith(encoding))()
      assert.match(input, /"x-remote-user";bs "x-user-name";bs "x-user-rpps";bs "x-portillon-assertion"\)/)
      const name = Buffer.from(valueIn(rawHeaders, 'X-User-Name') ?? '', 'latin1').toString(encoding)
      assert.equal(name, encoding === 'utf8' ? 'Zoé Œuvrard' : 'Zoé OEuvrard')
      assert.equal(verifierOf()({ method: 'GET', url: REQUEST.target, rawHeaders }).verified, true)
    })
  }

  it('covers an address with bytes beyond ASCII as they are', () => {
    const target = '/dcc?q=caf\xe9'
    const { rawHeaders } = signerOf()({ ...REQUEST, target })
    assert.equal(verifierOf()({ method: 'GET', url: '/dcc?q=cafe', rawHeaders }).verified, false)
    assert.equal(verifierOf()({ method: 'GET', url: target, rawHeaders }).verified, true)
  })

  it('H-16: has a nonce that no other signature of any process has', () => {
    const seen = new Set<string | undefined>()
    for (const sign of [signerOf(), signerOf()])
      for (let count = 0; count < 1_000; count += 1) seen.add(/;nonce="([^"]+)"/.exec(sign().input)?.[1])
    assert.equal(seen.size, 2_000)
  })

  it('says the second in which it was made, also after a clock was set back', () => {
    const clock = createManualClock(NOW)
    const sign = signerOf(siteWith(), clock)
    for (const moment of ['2026-11-23T09:00:00.999Z', '2026-11-23T09:00:01Z', '2026-11-23T08:59:00Z']) {
      clock.set(moment)
      const created = Math.floor(Date.parse(moment) / 1_000)
      assert.ok(sign().input.includes(`;created=${created};expires=${created + 60};`), moment)
    }
  })

  it('is not made on a site that wants none', () => {
    const site = { identity: { headers: HEADERS, encoding: 'percent-utf8' as const } }
    assert.equal(createRequestSigner(site, null, { clock: createManualClock(), random: systemRandom }), null)
  })

  it('H-16: holds for one request: another method, address, header or parameter, and one letter more or less, breaks it', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '?', '=', '&', ';', '%2e', 'A', '0') })
    const sign = signerOf()
    fc.assert(
      fc.property(text, text, fc.nat(), fc.constantFrom('', 'x'), (path, login, at, letter) => {
        const target = `/${path}`
        const signed = sign({ method: 'POST', host: 'dcc.example.test', target }, { ...ZOE, login })
        const message = { method: 'POST', url: target, rawHeaders: signed.rawHeaders }
        // Every covered text in turn, with a letter put in, or one taken out.
        const texts = ['POST', target, ...signed.rawHeaders.filter((_text, index) => index % 2 === 1)]
        const which = at % texts.length
        const whole = texts[which] ?? ''
        const place = at % (whole.length + 1)
        const other = whole.slice(0, place) + letter + whole.slice(place + (letter === '' ? 1 : 0))
        const rawHeaders = signed.rawHeaders.map((field, index) => (index === (which - 2) * 2 + 1 ? other : field))
        const forged = { method: which === 0 ? other : 'POST', url: which === 1 ? other : target, rawHeaders }
        if (other !== whole) assert.equal(verifierOf()(forged).verified, false)
        assert.equal(verifierOf()(message).verified, true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the stand-in’s check of a signature', () => {
  const received = ({ rawHeaders }: Signed) => ({ method: 'GET', url: REQUEST.target, rawHeaders })
  const reasonOf = (verdict: ReturnType<ReturnType<typeof verifierOf>>): string =>
    verdict.verified ? 'none' : verdict.reason

  it('H-16: takes a request once, in its minute, and not without its signature', () => {
    const clock = createManualClock(NOW)
    const verify = verifierOf(clock)
    const sign = signerOf(siteWith(), clock)
    const first = received(sign())
    assert.equal(verify(first).verified, true)
    assert.equal(reasonOf(verify(first)), 'requête déjà reçue')
    const late = received(sign())
    clock.advance('66s')
    assert.equal(reasonOf(verify(late)), 'signature de la requête périmée')
    assert.equal(reasonOf(verify({ ...late, rawHeaders: late.rawHeaders.slice(0, -4) })), 'requête sans signature')
    clock.set('2026-11-23T08:59:00Z')
    assert.equal(reasonOf(verify(late)), 'signature de la requête périmée')
  })

  it('H-16: does not take a second value of a signed header, nor a signature that leaves one out', () => {
    const signed = received(signerOf()())
    const doubled = { ...signed, rawHeaders: [...signed.rawHeaders, 'x-remote-user', 'root'] }
    assert.equal(reasonOf(verifierOf()(doubled)), 'signature de la requête incorrecte')
    const elsewhere = createSignatureVerifier({ keyId: 'dcc-2026', secret: SECRET, headers: ['X-Other'] }, () =>
      Date.parse(NOW),
    )
    assert.equal(reasonOf(elsewhere(signed)), '« x-other » n’est pas signé')
  })

  it('H-16: believes one key, for one purpose, by one algorithm', () => {
    for (const [from, to] of [
      ['keyid="dcc-2026"', 'keyid="dcc-2025"'],
      ['tag="portillon"', 'tag="other"'],
      ['alg="hmac-sha256"', 'alg="ed25519"'],
    ] as const) {
      const signed = received(signerOf()())
      const rawHeaders = signed.rawHeaders.map((field) => field.replace(from, to))
      assert.equal(verifierOf()({ ...signed, rawHeaders }).verified, false, to)
    }
  })
})
