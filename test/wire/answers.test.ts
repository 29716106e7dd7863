import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import type { RawAnswer } from '../kit/raw-http.ts'

/** What the gate makes of the header section of the application's answers: deploy/traffic.md, line by line. */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    site: {
      hosts: ['dcc.example.test', 'dcc-old.example.test'],
      rules: [
        { id: 'public', match: { path: '/public/**' }, allow: 'anyone' },
        { id: 'code', match: { path: '/gwt/**' }, allow: 'signed-in', cache: 'browser', embed: 'same-site' },
      ],
    },
  })
})
after(() => behind.stop())
beforeEach(() => behind.arrived())

const saying = (...lines: readonly string[]) => {
  behind.upstream.answerWith(() => ['HTTP/1.1 200 OK', ...lines, 'Content-Length: 0', '', ''].join('\r\n'))
}

/** What a signed-in person gets of an answer with these header lines. */
const answering = (...lines: readonly string[]): Promise<RawAnswer> => {
  saying(...lines)
  return behind.askSignedIn('GET /dcc/')
}

const names = ({ headers }: RawAnswer) => headers.map(([name]) => name.toLowerCase())

describe('H-06: fields of the connection to the application', () => {
  it('H-06: stay there, whatever lines Connection names them in', async () => {
    const answer = await answering(
      ...['Connection: X-Secret, close', 'connection: x-other', 'Connection: Cache-Control'],
      ...['X-Secret: 1', 'X-Other: 1', 'Keep-Alive: timeout=1', 'Proxy-Authenticate: Basic', 'Proxy-Connection: close'],
      ...['Proxy-Authentication-Info: x', 'Upgrade: h2c', 'Trailer: X', 'TE: trailers', 'X-Kept: 1'],
    )
    const told = names(answer)
    for (const name of ['x-secret', 'x-other', 'proxy-connection', 'upgrade', 'trailer', 'te'])
      assert.ok(!told.includes(name), name)
    for (const name of ['proxy-authenticate', 'proxy-authentication-info']) assert.ok(!told.includes(name), name)
    assert.equal(answer.header('x-kept'), '1')
    assert.notEqual(answer.header('keep-alive'), 'timeout=1')
  })

  it('H-06: what holds the message together cannot be named away', async () => {
    const answer = await answering(
      'Connection: Set-Cookie, Content-Type',
      'Set-Cookie: a=1',
      'Content-Type: text/plain',
    )
    assert.deepEqual([answer.all('set-cookie').length, answer.header('content-type')], [1, 'text/plain'])
    assert.equal(answer.header('content-length'), '0')
  })

  it('H-06: another way to the application is nobody’s to know', async () => {
    const answer = await answering('Alt-Svc: h2=":8443"; ma=86400')
    assert.equal(answer.header('alt-svc'), undefined)
  })
})

describe('W-08: what the application says beside its pages', () => {
  it('W-08: names of products and machines go no further', async () => {
    const lines = [
      ...['Server: Apache-Coyote/1.1', 'X-Powered-By: Servlet/3.0 JSP/2.2 (WebDCR)', 'X-AspNet-Version: 4'],
      ...['X-AspNetMvc-Version: 5', 'X-Generator: CMS 1', 'Via: 1.1 proxy.internal', 'X-Served-By: node-7.internal'],
      ...['X-Backend-Server: node-7.internal', 'X-Server: node-7', 'Liferay-Portal: CE 6'],
    ]
    const answer = await answering(...lines)
    for (const line of lines) assert.equal(answer.header(line.split(':', 1)[0] ?? ''), undefined, line)
    assert.doesNotMatch(answer.raw.toString('latin1'), /Coyote|Servlet|internal|node-7/)
  })

  const OWN = [
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ['Referrer-Policy', 'no-referrer'],
    ['Cross-Origin-Resource-Policy', 'same-site'],
  ] as const

  it('W-08: protecting headers that it does not send are added, once', async () => {
    const answer = await answering('Content-Type: text/html')
    assert.deepEqual(
      [...OWN.map(([name]) => name), 'Strict-Transport-Security'].map((name) => answer.all(name)),
      [['nosniff'], ['SAMEORIGIN'], ['strict-origin-when-cross-origin'], ['same-origin'], ['max-age=31536000']],
    )
    for (const name of ['content-security-policy', 'cross-origin-opener-policy', 'permissions-policy'])
      assert.equal(answer.header(name), undefined, `${name} would break pages that were not written for it`)
  })

  it('W-08: those that it sends are its own word, and not doubled', async () => {
    const own = OWN.map(([name, value]) => `${name}: ${value}`)
    const policy = "default-src 'self'; frame-ancestors 'self' https://portail.example.test"
    const answer = await answering(...own, 'Content-Type: text/html', `Content-Security-Policy: ${policy}`)
    for (const [name, value] of OWN) assert.deepEqual(answer.all(name), [value], name)
    assert.deepEqual(answer.all('content-security-policy'), [policy])
    assert.equal(new Set(names(answer)).size, names(answer).length, `a header is doubled: ${names(answer).join(', ')}`)
  })

  it('W-08: its frame-ancestors speak for X-Frame-Options, its other directives do not', async () => {
    const framed = await answering("Content-Security-Policy: default-src 'self';frame-ancestors https://a.example.test")
    assert.equal(framed.header('x-frame-options'), undefined)
    const other = await answering("Content-Security-Policy: default-src 'self'; report-uri /frame-ancestors-report")
    assert.equal(other.header('x-frame-options'), 'SAMEORIGIN')
  })

  it('W-08: HSTS is the gate’s word, whatever the application says, on every answer of an https site', async () => {
    for (const said of ['max-age=0', 'max-age=1; includeSubDomains; preload']) {
      const answer = await answering(`Strict-Transport-Security: ${said}`, 'strict-transport-security: max-age=2')
      assert.deepEqual(answer.all('strict-transport-security'), ['max-age=31536000'])
    }
    saying()
    assert.deepEqual((await behind.ask('GET /public/a')).all('strict-transport-security'), ['max-age=31536000'])
    const plain = await startBehindGate({ site: { hosts: ['localhost:8080'], origin: 'http://localhost:8080' } })
    try {
      const answer = await plain.askSignedIn('GET /dcc/')
      assert.equal(answer.header('strict-transport-security'), undefined)
    } finally {
      await plain.stop()
    }
  })

  it('W-08: an answer without a type is left for the browser to guess, as it was', async () => {
    assert.equal((await answering()).header('x-content-type-options'), undefined)
  })

  it('W-08: what a page does not bear is left out by the site file', async () => {
    const lenient = await startBehindGate({
      patience: { 'headers-not-added': ['X-Content-Type-Options', 'X-Frame-Options'] },
    })
    try {
      const answer = await lenient.askSignedIn('GET /dcc/')
      assert.equal(answer.header('x-content-type-options'), undefined)
      assert.equal(answer.header('x-frame-options'), undefined)
      assert.equal(answer.header('cross-origin-resource-policy'), 'same-origin')
    } finally {
      await lenient.stop()
    }
  })

  it('W-08: weak CORS is not the application’s to allow: no origin is let in that the site file does not list', async () => {
    const weak = [
      ...[
        'Access-Control-Allow-Credentials: true',
        'Access-Control-Allow-Methods: *',
        'Access-Control-Allow-Headers: *',
      ],
      ...['Access-Control-Max-Age: 86400', 'Timing-Allow-Origin: *', 'Access-Control-Allow-Private-Network: true'],
    ]
    for (const origin of ['*', 'https://evil.example', 'null', 'https://dcc.example.test']) {
      saying(`Access-Control-Allow-Origin: ${origin}`, ...weak)
      for (const path of ['/dcc/', '/public/a']) {
        const answer = await behind.askSignedIn(`GET ${path}`, `Origin: ${origin}`, 'Sec-Fetch-Site: same-origin')
        assert.equal(answer.status, 200)
        const told = names(answer).filter((name) => /^access-control|^timing-allow/.test(name))
        assert.deepEqual(told, [], `${origin} ${path}`)
      }
    }
  })

  it('W-08: orders to a proxy on the way are obeyed by nobody', async () => {
    const orders = ['X-Accel-Redirect: /private', 'X-Accel-Expires: 3600', 'X-Sendfile: /etc/passwd']
    const answer = await answering(...orders, 'Surrogate-Control: max-age=60', 'CDN-Cache-Control: max-age=60')
    const told = names(answer)
    for (const name of ['x-accel-redirect', 'x-accel-expires', 'x-sendfile', 'surrogate-control', 'cdn-cache-control'])
      assert.ok(!told.includes(name), name)
  })
})

const FAR = 'Expires=Thu, 01 Jan 2032 00:00:00 GMT'

describe('S-15: cookies of the application', () => {
  const cookiesOf = async (...lines: readonly string[]) =>
    (await answering(...lines.map((line) => `Set-Cookie: ${line}`))).all('set-cookie')

  it('S-15: two stay two, each with its commas, its path and what it lacks', async () => {
    assert.deepEqual(await cookiesOf(`a=1; Path=/app; ${FAR}`, `b="2, 3"; ${FAR}; Path=/app`), [
      `a=1; Path=/app; ${FAR}; Secure; SameSite=Lax`,
      `b="2, 3"; ${FAR}; Path=/app; Secure; SameSite=Lax`,
    ])
  })

  it('S-15: what is said is left as it was said', async () => {
    for (const line of [
      ...[
        'a=1; Secure; SameSite=Strict',
        'a=1; secure; HttpOnly; samesite=none',
        'a=1;SECURE;SameSite=LAX;Partitioned',
      ],
      ...['a=1; SameSite = Lax ; Secure ; Max-Age=0', 'a=Zo\xe9; Secure; SameSite=Lax; Path=/dcc'],
    ])
      assert.deepEqual(await cookiesOf(line), [line])
  })

  it('S-15: a value that looks like an attribute is a value, and an attribute without sense is none', async () => {
    assert.deepEqual(await cookiesOf('secure=samesite; Path=/', 'a=1; SameSite=x; SameSite'), [
      'secure=samesite; Path=/; Secure; SameSite=Lax',
      'a=1; SameSite=x; SameSite; Secure; SameSite=Lax',
    ])
  })

  it('S-15: a Domain is taken out: of the machine behind the gate, of a stranger, or one that is too wide', async () => {
    for (const domain of ['127.0.0.1', 'webdcr.internal', '.evil.example', 'example.test', 'dcc.example.test', ''])
      assert.deepEqual(await cookiesOf(`a=1; Domain=${domain}; Path=/; Secure; SameSite=Lax`), [
        'a=1; Path=/; Secure; SameSite=Lax',
      ])
    assert.deepEqual(await cookiesOf('a=1; domain = x ; DOMAIN=y'), ['a=1; Secure; SameSite=Lax'])
  })

  it('S-15: the site file says which domain may be shared, which cookies no script reads, and whether SameSite is added', async () => {
    const site = await startBehindGate({
      patience: { cookies: { domains: ['example.test'], 'http-only': ['JSESSIONID'], 'same-site': 'as-said' } },
    })
    const all = await startBehindGate({ patience: { cookies: { 'http-only': ['*'] } } })
    try {
      const lines = [
        'JSESSIONID=1; Domain=.Example.test',
        'JSESSIONID=2; httponly',
        'a=1; Domain=dcc.example.test',
        'jsessionid=3',
      ]
      const answer = [
        'HTTP/1.1 200 OK',
        ...lines.map((line) => `Set-Cookie: ${line}`),
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n')
      for (const gate of [site, all]) gate.upstream.answerWith(() => answer)
      assert.deepEqual((await site.askSignedIn('GET /dcc/')).all('set-cookie'), [
        'JSESSIONID=1; Domain=.Example.test; Secure; HttpOnly',
        'JSESSIONID=2; httponly; Secure',
        'a=1; Secure',
        'jsessionid=3; Secure',
      ])
      for (const line of (await all.askSignedIn('GET /dcc/')).all('set-cookie')) assert.match(line, /; ?httponly/i)
    } finally {
      await site.stop()
      await all.stop()
    }
  })

  it('S-15: over plain http nothing is marked Secure, or browsers would drop it', async () => {
    const plain = await startBehindGate({ site: { hosts: ['localhost:8080'], origin: 'http://localhost:8080' } })
    try {
      plain.upstream.answerWith(() => 'HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 0\r\n\r\n')
      assert.deepEqual((await plain.askSignedIn('GET /dcc/')).all('set-cookie'), ['a=1; Path=/; SameSite=Lax'])
    } finally {
      await plain.stop()
    }
  })

  it('R2, S-15: the gate’s cookies cannot be taken away by clearing all of them', async () => {
    for (const [said, told] of [
      ['"cookies"', undefined],
      ['"cache", "cookies","storage"', '"cache", "storage"'],
      ['"*"', '"cache", "storage"'],
      ['"cache"', '"cache"'],
    ] as const)
      assert.equal((await answering(`Clear-Site-Data: ${said}`)).header('clear-site-data'), told, said)
  })
})

describe('P-16: addresses in answers', () => {
  /** The recorder's port stands for that of the real application. */
  const port = () => new URL(behind.upstream.url).port
  const PUBLIC = 'https://dcc.example.test'

  const cases = (): readonly (readonly [field: string, said: string, told: string])[] => {
    const inner = behind.upstream.url
    return [
      // Of its own machine, in every spelling that a browser follows.
      ['Location', `${inner}/dcc/a?b=1#c`, `${PUBLIC}/dcc/a?b=1#c`],
      ['Location', inner, PUBLIC],
      ['Location', `${inner}?x`, `${PUBLIC}?x`],
      ['Location', `HTTP://127.0.0.1:${port()}/A`, `${PUBLIC}/A`],
      ['Location', `https://127.0.0.1:${port()}/a`, `${PUBLIC}/a`],
      ['Location', 'http://127.0.0.1/a', `${PUBLIC}/a`],
      ['Location', 'https://127.0.0.1:8443/confidential', `${PUBLIC}/confidential`],
      ['Location', `//127.0.0.1:${port()}/a`, `${PUBLIC}/a`],
      ['Location', `http://user:pass@127.0.0.1:${port()}/a`, `${PUBLIC}/a`],
      ['Location', `http://127.0.0.1.:${port()}/a`, `${PUBLIC}/a`],
      ['Location', `${inner}/Zo\xe9%2f//x;jsessionid=1`, `${PUBLIC}/Zo\xe9%2f//x;jsessionid=1`],
      ['Location', `/cas?service=${inner}/dcc/`, `/cas?service=${PUBLIC}/dcc/`],
      [
        'Location',
        `https://sso.example.test/?service=${encodeURIComponent(`${inner}/dcc/`)}`,
        `https://sso.example.test/?service=${encodeURIComponent(`${PUBLIC}/dcc/`)}`,
      ],
      ['Content-Location', `${inner}/x`, `${PUBLIC}/x`],
      ['Refresh', `5; url=${inner}/x`, `5; url=${PUBLIC}/x`],
      ['Refresh', `0;URL='${inner}/x'`, `0;URL='${PUBLIC}/x'`],
      ['Refresh', `1, url="${inner}/x"`, `1, url="${PUBLIC}/x"`],
      [
        'Link',
        `<${inner}/a.css>; rel=preload, </b.js>; rel=preload; anchor="${inner}/p"`,
        `<${PUBLIC}/a.css>; rel=preload, </b.js>; rel=preload; anchor="${PUBLIC}/p"`,
      ],
      // Of the public host, as an application writes it that does not know of the front before it.
      ['Location', 'http://dcc.example.test/dcc/', `${PUBLIC}/dcc/`],
      ['Location', 'http://dcc.example.test:80/dcc/', `${PUBLIC}/dcc/`],
      ['Location', 'https://DCC.example.test:443/dcc/', `${PUBLIC}/dcc/`],
      ['Location', `http://dcc.example.test:${port()}/dcc/`, `${PUBLIC}/dcc/`],
      ['Refresh', '5;url=http://dcc.example.test/', `5;url=${PUBLIC}/`],
      // Right as they are, or somebody else's.
      ...[
        ...[`${PUBLIC}/x`, 'https://dcc-old.example.test/x', '/dcc/relative', 'relative?x=/a', '../x', '?x', '#x', ''],
        ...[
          'https://other.example.test/x',
          'https://dcc.example.test:8443/other',
          '//dcc.example.test/x',
          'mailto:a@b',
        ],
        ...[`https://other.example.test/127.0.0.1:${port()}/`, 'http://127.0.0.1.evil.example/x', '/a//127.0.0.1/b'],
        ...[
          'http://xdcc.example.test/',
          'http://dcc.example.test.evil.example/',
          'http://dcc.example.test@evil.example/',
        ],
        'http://127.0.0.1:80@evil.example/',
      ].map((value) => ['Location', value, value] as const),
    ]
  }

  it('P-16: Location, Content-Location, Refresh and Link lead to the public address, and keep their other bytes', async () => {
    for (const [field, said, told] of cases()) {
      const answer = await answering(`${field}: ${said}`)
      assert.equal(answer.header(field), told, `${field}: ${said}`)
    }
  })

  it('P-16: several Link lines are each put right, and no name of the machine leaves in any of these fields', async () => {
    const inner = behind.upstream.url
    const lines = ['Location', 'Content-Location', 'Link', 'link', 'Refresh'].map((name) => `${name}: <${inner}/x>`)
    const answer = await answering(...lines)
    assert.equal(answer.all('link').length, 2)
    assert.doesNotMatch(answer.raw.toString('latin1'), /127\.0\.0\.1/)
  })

  it('P-16: who came by another name of the site stays there', async () => {
    saying(`Location: ${behind.upstream.url}/dcc/`)
    const bytes = behind.request('GET /public/a', ...AS_PAGE).replace('dcc.example.test', 'dcc-old.example.test')
    assert.equal((await behind.send(bytes)).header('location'), 'https://dcc-old.example.test/dcc/')
  })
})
