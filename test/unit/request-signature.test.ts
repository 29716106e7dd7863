import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createSignatureVerifier } from '../../deploy/demo/signature.ts'
import { createRequestSigner } from '../../src/identity/request-signature.ts'
import { coverComponents, hmacSha256 } from '../../src/identity/signature-base.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { ANONYMOUS } from '../../src/policy/subject.ts'
import { createManualClock } from '../kit/clock.ts'
import {
  createSigning,
  REQUEST,
  SIGNATURE_SECRET,
  SIGNED_AT,
  SIGNED_HEADERS,
  signingSite,
  valueIn,
  ZOE,
} from '../kit/signed-request.ts'

const CREATED = Date.parse('2026-11-23T09:00:00Z') / 1_000

const verifierOf = (clock = createManualClock(SIGNED_AT)) =>
  createSignatureVerifier({ keyId: 'dcc-2026', secret: SIGNATURE_SECRET, headers: Object.keys(SIGNED_HEADERS) }, () =>
    clock.now(),
  )

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
    const message = createSigning()()
    const [input, signature] = [valueIn(message, 'Signature-Input') ?? '', valueIn(message, 'Signature')]
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
    assert.equal(signature, `portillon=${hmacSha256(createSecretKey(SIGNATURE_SECRET, 'utf8'), base.join('\n'))}`)
  })

  it('H-16: is there for a visitor whom nobody knows, over empty headers', () => {
    const message = createSigning()(REQUEST, ANONYMOUS, '')
    assert.equal(valueIn(message, 'X-Remote-User'), '')
    assert.equal(verifierOf()(message).verified, true)
  })

  it('leaves out the port that goes without saying, and keeps any other', () => {
    for (const [host, authority] of [
      ['dcc.example.test:443', 'dcc.example.test'],
      ['dcc.example.test:80', 'dcc.example.test'],
      ['[::80]:8080', '[::80]:8080'],
      ['[::80]', '[::80]'],
    ] as const) {
      const message = createSigning()({ ...REQUEST, host })
      const asWritten = { ...message, rawHeaders: message.rawHeaders.with(1, authority) }
      assert.equal(verifierOf()(asWritten).verified, true, host)
    }
  })

  for (const encoding of ['utf8', 'latin1'] as const) {
    it(`covers the bytes of a name that is written in ${encoding}`, () => {
      const message = createSigning(signingSite(encoding))()
      assert.match(
        valueIn(message, 'Signature-Input') ?? '',
        /"x-remote-user";bs "x-user-name";bs "x-user-rpps";bs "x-portillon-assertion"\)/,
      )
      const name = Buffer.from(valueIn(message, 'X-User-Name') ?? '', 'latin1').toString(encoding)
      assert.equal(name, encoding === 'utf8' ? 'Zoé Œuvrard' : 'Zoé OEuvrard')
      assert.equal(verifierOf()(message).verified, true)
    })
  }

  it('covers an address with bytes beyond ASCII as they are', () => {
    const target = '/dcc?q=caf\xe9'
    const message = createSigning()({ ...REQUEST, target })
    assert.equal(verifierOf()({ ...message, url: '/dcc?q=cafe' }).verified, false)
    assert.equal(verifierOf()(message).verified, true)
  })

  it('H-16: has a nonce that no other signature of any process has', () => {
    const seen = new Set<string | undefined>()
    for (const sign of [createSigning(), createSigning()])
      for (let count = 0; count < 1_000; count += 1)
        seen.add(/;nonce="([^"]+)"/.exec(valueIn(sign(), 'Signature-Input') ?? '')?.[1])
    assert.equal(seen.size, 2_000)
  })

  it('says the second in which it was made, also after a clock was set back', () => {
    const clock = createManualClock(SIGNED_AT)
    const sign = createSigning(signingSite(), clock)
    for (const moment of ['2026-11-23T09:00:00.999Z', '2026-11-23T09:00:01Z', '2026-11-23T08:59:00Z']) {
      clock.set(moment)
      const created = Math.floor(Date.parse(moment) / 1_000)
      const input = valueIn(sign(), 'Signature-Input') ?? ''
      assert.ok(input.includes(`;created=${created};expires=${created + 60};`), moment)
    }
  })

  it('is not made on a site that wants none', () => {
    const site = { identity: { headers: SIGNED_HEADERS, encoding: 'percent-utf8' as const } }
    assert.equal(createRequestSigner(site, null, { clock: createManualClock(), random: systemRandom }), null)
  })

  it('H-16: holds for one request: another method, address, header or parameter, and one letter more or less, breaks it', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '?', '=', '&', ';', '%2e', 'A', '0') })
    const sign = createSigning()
    fc.assert(
      fc.property(text, text, fc.nat(), fc.constantFrom('', 'x'), (path, login, at, letter) => {
        const target = `/${path}`
        const signed = sign({ method: 'POST', host: 'dcc.example.test', target }, { ...ZOE, login })
        // Every covered text in turn, with a letter put in, or one taken out.
        const texts = ['POST', target, ...signed.rawHeaders.filter((_text, index) => index % 2 === 1)]
        const which = at % texts.length
        const whole = texts[which] ?? ''
        const place = at % (whole.length + 1)
        const other = whole.slice(0, place) + letter + whole.slice(place + (letter === '' ? 1 : 0))
        const rawHeaders = signed.rawHeaders.map((field, index) => (index === (which - 2) * 2 + 1 ? other : field))
        const forged = { method: which === 0 ? other : 'POST', url: which === 1 ? other : target, rawHeaders }
        if (other !== whole) assert.equal(verifierOf()(forged).verified, false)
        assert.equal(verifierOf()(signed).verified, true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the stand-in’s check of a signature', () => {
  const reasonOf = (verdict: ReturnType<ReturnType<typeof verifierOf>>): string =>
    verdict.verified ? 'none' : verdict.reason

  it('H-16: takes a request once, in its minute, and not without its signature', () => {
    const clock = createManualClock(SIGNED_AT)
    const verify = verifierOf(clock)
    const sign = createSigning(signingSite(), clock)
    const first = sign()
    assert.equal(verify(first).verified, true)
    assert.equal(reasonOf(verify(first)), 'requête déjà reçue')
    const late = sign()
    clock.advance('66s')
    assert.equal(reasonOf(verify(late)), 'signature de la requête périmée')
    assert.equal(reasonOf(verify({ ...late, rawHeaders: late.rawHeaders.slice(0, -4) })), 'requête sans signature')
    clock.set('2026-11-23T08:59:00Z')
    assert.equal(reasonOf(verify(late)), 'signature de la requête périmée')
  })

  it('H-16: does not take a second value of a signed header, nor a signature that leaves one out', () => {
    const signed = createSigning()()
    const doubled = { ...signed, rawHeaders: [...signed.rawHeaders, 'x-remote-user', 'root'] }
    assert.equal(reasonOf(verifierOf()(doubled)), 'signature de la requête incorrecte')
    const elsewhere = createSignatureVerifier(
      { keyId: 'dcc-2026', secret: SIGNATURE_SECRET, headers: ['X-Other'] },
      () => Date.parse(SIGNED_AT),
    )
    assert.equal(reasonOf(elsewhere(signed)), '« x-other » n’est pas signé')
  })

  it('H-16: believes one key, for one purpose, by one algorithm', () => {
    for (const [from, to] of [
      ['keyid="dcc-2026"', 'keyid="dcc-2025"'],
      ['tag="portillon"', 'tag="other"'],
      ['alg="hmac-sha256"', 'alg="ed25519"'],
    ] as const) {
      const signed = createSigning()()
      const rawHeaders = signed.rawHeaders.map((field) => field.replace(from, to))
      assert.equal(verifierOf()({ ...signed, rawHeaders }).verified, false, to)
    }
  })
})
