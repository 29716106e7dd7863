import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, assertDressed, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import type { RawAnswer } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'
import { createVisitor, openSignIn, reachCodePage, signIn } from '../kit/visitor.ts'

/** What the gate itself answers: pages, redirects, refusals and their JSON, and what stands around them. */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    site: {
      rules: [{ id: 'closed', match: { path: '/closed/**' }, allow: { roles: ['nobody-has-this'] } }],
      'sign-out': { 'upstream-paths': ['/dcc/logout'] },
      support: { name: 'Votre référent RCP', phone: '01 99 00 00 00', email: 'referent@example.test' },
    },
  })
})

beforeEach(() => {
  behind.arrived()
  behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
})

after(() => behind.stop())

const HANDSHAKE = [
  ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

describe('W-07: the protecting headers', () => {
  const P = '/_portillon'
  for (const [what, status, start, ...headers] of [
    ['the sign-in page', 200, `GET ${P}/sign-in`],
    ['a HEAD of it', 200, `HEAD ${P}/sign-in`],
    ['the page of a forgotten password', 200, `GET ${P}/password/forgot`],
    ['the page after a sign-out', 200, `GET ${P}/signed-out`],
    ['the state of the session', 200, `GET ${P}/session`],
    ['the published keys', 200, `GET ${P}/jwks.json`],
    ['the stylesheet', 200, `GET ${P}/assets/portillon.css`],
    ['the outbox of the demonstration', 200, `GET ${P}/outbox`],
    ['a sign-out by nobody', 303, `GET ${P}/sign-out`],
    ['a code page without an attempt', 303, `GET ${P}/sign-in/code?attempt=x`],
    ['a page of ours that is none', 404, `GET ${P}/none`],
    ['a spelling of ours that is none', 404, `GET ${P.toUpperCase()}/sign-in`],
    ['an asset that is none', 404, `GET ${P}/assets/none`],
    ['a method that a page has not', 405, `DELETE ${P}/sign-in`],
    ['a form from elsewhere', 403, `POST ${P}/sign-in`, 'Origin: https://evil.test', 'Content-Length: 0'],
    ['the redirect of a page', 302, 'GET /dcc/'],
    ['the redirect of a form', 303, 'POST /dcc/', 'Content-Length: 0'],
    ['a doubtful path', 400, 'GET /a%2fb'],
    ['a target that is too long', 414, `GET /?${'x'.repeat(9_000)}`],
    ['too many headers', 431, 'GET /', ...Array.from({ length: 300 }, (_, at) => `a${at}: 1`)],
    ['a method that nobody has', 501, 'PROPFIND /dcc/'],
    ['a handshake without a session', 401, 'GET /ws', 'Origin: https://dcc.example.test', ...HANDSHAKE],
    ['a handshake from elsewhere', 403, 'GET /ws', 'Origin: https://evil.test', ...HANDSHAKE],
  ] as const) {
    it(`W-07: ${what} (${status}) carries them, as a page and for a script`, async () => {
      for (const manner of [AS_PAGE, ['Accept: application/json']]) {
        const answer = await behind.ask(start, ...manner, ...headers)
        if (manner === AS_PAGE || status < 300 || status >= 400) assert.equal(answer.status, status, answer.text)
        assertDressed(answer)
        assert.ok(answer.header('x-portillon') !== undefined)
      }
      assert.equal(behind.arrived().length, 0)
    })
  }

  it('W-07: so do the answers to somebody who is signing in, signed in, refused or signing out', async () => {
    const visitor = createVisitor(behind.gate)
    const answers: { headers: Readonly<Record<string, unknown>>; status: number }[] = []
    const fields = await openSignIn(visitor)
    answers.push(await visitor.ask('/_portillon/sign-in', { form: { ...fields, login: 'x', password: 'y' } }))
    answers.push((await reachCodePage(visitor)).page)
    answers.push(await signIn(behind.gate, visitor))
    for (const path of ['/_portillon/sign-in', '/_portillon/sign-out', '/closed/', '/dcc/logout'])
      answers.push(await visitor.page(path))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401, 200, 303, 200, 200, 403, 303],
    )
    for (const { headers, status } of answers) {
      for (const name of ['content-security-policy', 'x-content-type-options', 'strict-transport-security'])
        assert.ok(headers[name] !== undefined, `${status}: ${name}`)
      for (const name of ['referrer-policy', 'cross-origin-opener-policy', 'x-frame-options'])
        assert.ok(headers[name] !== undefined, `${status}: ${name}`)
      assert.equal(headers['cache-control'], 'no-store', `${status}`)
    }
  })

  it('W-07: pages ask for no inline script, and every source is the site itself', async () => {
    const answer = await behind.ask('GET /_portillon/sign-in', ...AS_PAGE)
    const policy = answer.header('content-security-policy') ?? ''
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*|https?:/)
    for (const directive of ["object-src 'none'", "base-uri 'none'", "form-action 'self'", "script-src 'self'"])
      assert.ok(policy.includes(directive), directive)
    assert.doesNotMatch(answer.text, /<script(?![^>]*\bsrc=)|\son\w+=|\bstyle=|https?:\/\//)
  })

  it('W-07: a site over plain http does not speak of HSTS', async () => {
    const origin = 'http://localhost:8080'
    const gate = await startBehindGate({ site: { hosts: ['localhost:8080'], origin } })
    try {
      const answer = await gate.ask('GET /dcc/', ...AS_PAGE)
      assert.equal(answer.status, 302)
      assertDressed(answer, false)
      assert.equal(answer.header('strict-transport-security'), undefined)
    } finally {
      await gate.stop()
    }
  })
})

interface Refusal {
  readonly error: string
  readonly status: number
  readonly reference: string
  readonly signIn?: string
  readonly message: string
}

const asRefusal = (answer: RawAnswer): Refusal => {
  assert.match(answer.header('content-type') ?? '', /^application\/json/)
  return JSON.parse(answer.text) as Refusal
}

describe('R8: a session that is missing', () => {
  for (const [who, ...headers] of [
    ['a page', ...AS_PAGE],
    ['an image that a person opens', 'Accept: image/avif,*/*', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'],
    ['an old browser', 'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['a tool that takes anything', 'Accept: */*'],
    ['a tool that says nothing'],
  ] as const) {
    it(`R8: ${who} is redirected to the sign-in, which keeps its address`, async () => {
      const answer = await behind.ask('GET /dcc/patient?id=1', ...headers)
      assert.equal(answer.status, 302)
      assert.match(answer.header('location') ?? '', /^\/_portillon\/sign-in\?to=[\w.%-]+$/)
      assert.equal(answer.header('x-portillon'), 'sign-in-required')
      assert.equal(answer.header('cache-control'), 'no-store')
    })
  }

  for (const [who, ...headers] of [
    ['fetch()', 'Accept: */*', 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', 'Sec-Fetch-Site: same-origin'],
    ['fetch() that says only its mode', 'Sec-Fetch-Mode: cors'],
    ['fetch() that asks for HTML', 'Accept: text/html', 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty'],
    ['an image in a page', 'Accept: image/*,*/*', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image'],
    ['XMLHttpRequest with its marker', 'Accept: text/html, */*', 'X-Requested-With: XMLHttpRequest'],
    ['a script that takes JSON', 'Accept: application/json'],
    ['a script that prefers JSON', 'Accept: application/json, text/plain, */*'],
    ['GWT', 'Accept: text/x-gwt-rpc', 'Content-Type: text/x-gwt-rpc; charset=utf-8'],
    ['an event stream', 'Accept: text/event-stream'],
  ] as const) {
    it(`R8: ${who} gets 401 and JSON that names the sign-in, never a redirect`, async () => {
      for (const method of ['GET', 'POST']) {
        const answer = await behind.ask(`${method} /dcc/data?id=1`, ...headers, 'Content-Length: 0')
        assert.equal(answer.status, 401)
        const said = asRefusal(answer)
        assert.equal(said.error, 'sign-in-required')
        assert.equal(said.signIn, '/_portillon/sign-in')
        assert.match(said.reference, /^[A-Z0-9]{6}-[A-Z0-9]{5}$/)
        assert.equal(answer.header('x-portillon'), 'sign-in-required')
        assert.equal(answer.header('cache-control'), 'no-store')
        assert.equal(answer.header('location'), undefined)
      }
      assert.equal(behind.arrived().length, 0)
    })
  }

  it('R8: a HEAD is answered like its GET, without the body', async () => {
    assert.equal((await behind.ask('HEAD /dcc/', ...AS_PAGE)).status, 302)
    const answer = await behind.ask('HEAD /dcc/', 'Accept: application/json')
    assert.equal(answer.status, 401)
    assert.equal(answer.body.length, 0)
  })
})

describe('R33: a refusal', () => {
  const lastRefusal = () => behind.gate.log.findLast(({ message }) => message === 'request refused')

  for (const [code, status, start, headers, isOfSite] of [
    ['path-ambiguous', 400, 'GET /a%2fb', [], true],
    ['forbidden', 403, 'GET /closed/', ['SIGNED-IN'], true],
    ['not-found', 404, 'GET /_portillon/none', [], true],
    ['method-not-allowed', 405, 'PUT /_portillon/sign-in', ['Content-Length: 0'], true],
    ['target-too-long', 414, `GET /?${'x'.repeat(9_000)}`, [], true],
    ['host-unknown', 421, 'GET /', ['Host: evil.test'], false],
    ['headers-too-large', 431, 'GET /', Array.from({ length: 300 }, (_, at) => `a${at}: 1`), true],
    ['method-not-implemented', 501, 'TRACE /', [], true],
  ] as const) {
    const ask = (...manner: readonly string[]) => {
      const lines = headers.map((line) => (line === 'SIGNED-IN' ? behind.signedIn : line))
      const bytes = behind.request(start, ...manner, ...lines)
      return behind.send(code === 'host-unknown' ? bytes.replace(`Host: ${behind.gate.host}\r\n`, '') : bytes)
    }

    it(`R33: ${code} (${status}) is a page in plain French with a next step, a contact and the reference of the log`, async () => {
      const answer = await ask(...AS_PAGE)
      assert.equal(answer.status, status)
      assert.equal(answer.header('x-portillon'), code)
      assert.equal(answer.header('content-type'), 'text/html; charset=utf-8')
      const { text } = answer
      assert.match(text, /<html lang="fr">/)
      assert.match(text, /<h1>[^<]{10,}<\/h1>/)
      assert.match(text, /Ce que vous pouvez faire|Que faire/)
      if (isOfSite) assert.match(text, /Votre référent RCP[^]*01 99 00 00 00[^]*referent@example\.test/)
      else assert.doesNotMatch(text, /référent|Dossier Communicant/)
      const line = lastRefusal()
      assert.equal(line?.fields['error'], code)
      assert.ok(text.includes(String(line.fields['reference'])))
      assert.doesNotMatch(text, /node|express|undici|Error\b|\bat \/|src\/|undefined|null\b/)
    })

    it(`R33: ${code} (${status}) for a script is JSON with the same facts`, async () => {
      const answer = await ask('Accept: application/json')
      assert.equal(answer.status, status)
      const said = asRefusal(answer)
      assert.deepEqual([said.error, said.status], [code, status])
      assert.equal(said.reference, lastRefusal()?.fields['reference'])
      assert.ok(said.message.length > 10)
    })
  }

  it('R33: in English for a browser that prefers it', async () => {
    const { text } = await behind.ask('GET /a%2fb', ...AS_PAGE, 'Accept-Language: en-GB,en;q=0.9')
    assert.match(text, /<html lang="en">/)
  })

  it('W-10, R-02: the address that was asked for is inert on the page, and a link to it stays on the site', async () => {
    for (const target of [
      ...[
        '/"><script>alert(1)</script>',
        "/'onmouseover=alert(1)",
        '/\\evil.test/',
        '/\\\\evil.test',
        '//evil.test/%2f',
      ],
      ...[
        '/a%2f"><img src=x>',
        '/_portillon/<b>',
        '/_portillon/none?"><script>',
        '/_portillon/none?%22%3E%3Cscript%3E',
      ],
    ]) {
      const { text } = await behind.ask(`GET ${target}`, ...AS_PAGE)
      assert.doesNotMatch(text, /<script>|<img src=x|"onmouse|'onmouse|<b>/, target)
      for (const [, href = ''] of text.matchAll(/href="([^"]*)"/g)) {
        const plain = href.replaceAll('&#39;', "'").replaceAll('&amp;', '&').replaceAll('&quot;', '"')
        if (/^(?:tel|mailto|data):/.test(plain)) continue
        assert.equal(new URL(plain, behind.gate.origin).origin, behind.gate.origin, `${target}: ${href}`)
      }
    }
  })
})

describe('G-05: what belongs to the operator', () => {
  it('G-05: figures and health are not on the visitors’ port', async () => {
    for (const path of [
      '/metrics',
      '/livez',
      '/readyz',
      '/healthz',
      '/_portillon/metrics',
      '/_portillon/livez',
      '/debug',
    ]) {
      const page = await behind.ask(`GET ${path}`, ...AS_PAGE)
      assert.ok([302, 404].includes(page.status), `${path}: ${page.status}`)
      const script = await behind.ask(`GET ${path}`)
      assert.doesNotMatch(script.text + page.text, /portillon_requests|"live"|"ready"|process_cpu/)
    }
    assert.equal(behind.arrived().length, 0)
  })

  it('G-05: they are on a port of their own, which serves nothing else', async () => {
    const admin = (path: string, init?: RequestInit) =>
      fetch(`http://127.0.0.1:${behind.gate.app.adminPort}${path}`, init)
    assert.match(await (await admin('/metrics')).text(), /portillon_requests \d+/)
    assert.deepEqual(await (await admin('/livez')).json(), { live: true })
    assert.equal((await admin('/readyz')).status, 200)
    for (const path of ['/', '/dcc/', '/_portillon/sign-in', '/_portillon/jwks.json', '/metrics/..%2f'])
      assert.equal((await admin(path)).status, 404, path)
    assert.equal((await admin('/metrics', { method: 'POST' })).status, 405)
    assert.equal(behind.arrived().length, 0)
  })

  it('the outbox is a page of the demonstration only', async () => {
    const gate = await startBehindGate({ settings: { outbox: null } })
    try {
      assert.equal((await gate.ask('GET /_portillon/outbox', ...AS_PAGE)).status, 404)
    } finally {
      await gate.stop()
    }
  })
})
