import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createPublicAddress } from '../../src/gateway/public-address.ts'

const ORIGIN = 'https://dcc.example.test'
const OLD = 'https://dcc-old.example.test'
const HOST = 'dcc.example.test'

const onPublicAddress = createPublicAddress({
  origin: ORIGIN,
  origins: new Set([ORIGIN, OLD]),
  upstream: 'http://webdcr.internal:8080',
})

/** What an application writes, and what a visitor who came by the first name gets. */
const WRITTEN: Readonly<Record<string, readonly (readonly [said: string, told: string])[]>> = {
  'its own machine, whatever the scheme and the port': [
    ['http://webdcr.internal:8080/dcc/a?b=1#c', `${ORIGIN}/dcc/a?b=1#c`],
    ['http://webdcr.internal/dcc', `${ORIGIN}/dcc`],
    ['https://webdcr.internal:8443/', `${ORIGIN}/`],
    ['http://webdcr.internal:8080', ORIGIN],
    ['http://webdcr.internal:8080?a=1', `${ORIGIN}?a=1`],
    ['HTTP://WEBDCR.Internal:8080/x', `${ORIGIN}/x`],
    ['http://webdcr.internal.:8080/x', `${ORIGIN}/x`],
    ['//webdcr.internal:8080/x', `${ORIGIN}/x`],
    ['http://user:secret@webdcr.internal:8080/x', `${ORIGIN}/x`],
  ],
  'a public name by the way in which the application hears itself': [
    ['http://dcc.example.test/x', `${ORIGIN}/x`],
    ['http://dcc.example.test:80/x', `${ORIGIN}/x`],
    ['http://dcc.example.test:8080/x', `${ORIGIN}/x`],
    ['https://dcc.example.test:443/x', `${ORIGIN}/x`],
    ['http://dcc-old.example.test/x', `${ORIGIN}/x`],
    ['//dcc.example.test:8080/x', `${ORIGIN}/x`],
  ],
  'what is right already, or is another address': [
    ...[`${ORIGIN}/x`, `${OLD}/x?y=/z`, '/x', 'x/y', '?x', '#x', '', '//dcc.example.test/x'],
    ...['https://dcc.example.test:9443/x', 'http://other.example.test/x', 'https://evil.test/'],
    ...['http://webdcr.internal.evil.test/', 'http://xwebdcr.internal/', 'http://web-dcr.internal/'],
    ...['http://webdcr.internal@evil.test/', 'http://webdcr.internal:8080@evil.test/', 'http://webdcr-internal/'],
    ...['/a//webdcr.internal/b', 'urn:webdcr.internal', 'ftp://webdcr.internal/x', 'mailto:a@webdcr.internal'],
    ...['https://evil.test/webdcr.internal', 'http://webdcr.internal_x/', 'http://webdcr.internal:8080.evil.test/'],
  ].map((said) => [said, said] as const),
  'an address within the query of another, in both spellings': [
    [
      'https://cas.example.test/login?service=http%3A%2F%2Fwebdcr.internal%3A8080%2Fdcc%3Fa%3D1',
      'https://cas.example.test/login?service=https%3A%2F%2Fdcc.example.test%2Fdcc%3Fa%3D1',
    ],
    ['/go?to=http%3a%2f%2fwebdcr.internal%2fx', `/go?to=${encodeURIComponent(ORIGIN)}%2fx`],
    ['https://cas.example.test/?u=http://webdcr.internal:8080/x', `https://cas.example.test/?u=${ORIGIN}/x`],
    ['/go?to=http%3A%2F%2Fwebdcr.internal%2Eevil.test', '/go?to=http%3A%2F%2Fwebdcr.internal%2Eevil.test'],
    ['/go?to=http%3A%2F%2Fwebdcr.internal%40evil.test', '/go?to=http%3A%2F%2Fwebdcr.internal%40evil.test'],
  ],
  'Refresh and Link': [
    ['5; url=http://webdcr.internal:8080/x', `5; url=${ORIGIN}/x`],
    ['0;URL="http://webdcr.internal:8080/x"', `0;URL="${ORIGIN}/x"`],
    [
      '<http://webdcr.internal:8080/a.css>; rel=preload, <//webdcr.internal:8080/b>; rel="next"',
      `<${ORIGIN}/a.css>; rel=preload, <${ORIGIN}/b>; rel="next"`,
    ],
  ],
}

describe('P-16: an address in a header of an answer', () => {
  for (const [what, pairs] of Object.entries(WRITTEN))
    it(`P-16: ${what}`, () => {
      for (const [said, told] of pairs) assert.equal(onPublicAddress(said, HOST), told, said)
    })

  it('P-16: leads to the name by which the visitor came, if the site has it, and to the first one otherwise', () => {
    const said = 'http://webdcr.internal:8080/x'
    assert.equal(onPublicAddress(said, 'dcc-old.example.test'), `${OLD}/x`)
    for (const host of ['evil.test', '', 'dcc.example.test:8443', 'dcc.example.test/', 'dcc.example.test@evil.test'])
      assert.equal(onPublicAddress(said, host), `${ORIGIN}/x`, host)
  })

  it('P-16: of an application that is known by a number, or whose name the site shares', () => {
    for (const upstream of ['http://[fd00::8]:8080', 'http://192.0.2.8:8080', 'http://192.0.2.8']) {
      const put = createPublicAddress({ origin: ORIGIN, origins: new Set([ORIGIN]), upstream })
      assert.equal(put(`${upstream}/x`, HOST), `${ORIGIN}/x`)
      assert.equal(put('http://192.0.2.80:8080/x', HOST), 'http://192.0.2.80:8080/x')
    }
    const shared = createPublicAddress({
      origin: 'http://localhost:8000',
      origins: new Set(['http://localhost:8000']),
      upstream: 'http://localhost:8080',
    })
    assert.equal(shared('http://localhost:8080/x', 'localhost:8000'), 'http://localhost:8000/x')
    assert.equal(shared('http://localhost:8000/x', 'localhost:8000'), 'http://localhost:8000/x')
    assert.equal(shared('http://localhost:3000/x', 'localhost:8000'), 'http://localhost:3000/x')
  })

  const path = fc.webPath().map((text) => (text.startsWith('/') ? text : `/${text}`))
  const query = fc.webQueryParameters()

  it('P-16: whatever stands behind the machine’s name keeps every byte', () => {
    const scheme = fc.constantFrom('http://', 'https://', 'HTTP://')
    const port = fc.oneof(
      fc.constant(''),
      fc.integer({ min: 1, max: 65_535 }).map((number) => `:${number}`),
    )
    fc.assert(
      fc.property(scheme, port, path, query, (said, at, where, asked) => {
        const rest = `${where}?${asked}`
        assert.equal(onPublicAddress(`${said}webdcr.internal${at}${rest}`, HOST), `${ORIGIN}${rest}`)
      }),
    )
  })

  it('P-16: the address of anybody else keeps every byte', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (address) => {
        assert.equal(onPublicAddress(address, HOST), address)
      }),
    )
  })

  it('P-16: done twice it is the same, and no machine’s name is left where an address begins', () => {
    const piece = fc.constantFrom(
      ...[
        'http://',
        'https:',
        '//',
        'webdcr.internal',
        'WEBDCR.internal',
        'dcc.example.test',
        ':8080',
        ':80',
        '/',
        '?',
      ],
      ...['%3A', '%2F%2F', '@', '.', ' ', '"', '<', '>', ';', 'url=', ',', 'x', '#', '%2E', '\\', '-'],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const told = onPublicAddress(pieces.join(''), HOST)
        assert.equal(onPublicAddress(told, HOST), told)
        assert.doesNotMatch(told, /https?:\/\/webdcr\.internal(?![\w.:@%-])/i)
      }),
      { numRuns: 5_000 },
    )
  })

  it('L-05: the longest header of an application takes no time, however it is made', () => {
    for (const unit of [
      '/',
      '//',
      'http://',
      'http:',
      '%2F',
      'a@',
      'http://a',
      'http://webdcr.internal:',
      ' ',
      '<//',
      'webdcr.',
    ]) {
      const text = `http://${unit.repeat(Math.floor(16_000 / unit.length))}\u0001`
      const quickest = Math.min(
        ...[1, 2, 3].map(() => {
          const began = performance.now()
          onPublicAddress(text, HOST)
          return performance.now() - began
        }),
      )
      assert.ok(quickest < 100, `${quickest} ms for ${unit}`)
    }
  })
})
