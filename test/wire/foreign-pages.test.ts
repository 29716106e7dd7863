import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, assertDressed, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import type { RawAnswer } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'

/** Pages of other sites in the person's browser: what they may load, show, send and read in that person's name. */

const PARTNER = 'https://portail.example.test'

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    site: {
      rules: [
        { id: 'public', match: { path: '/public/**' }, allow: 'anyone' },
        { id: 'fonts', match: { path: '/fonts/**' }, allow: 'anyone', origins: [PARTNER] },
        { id: 'neighbour', match: { path: '/neighbour/**' }, allow: 'signed-in', embed: 'same-site' },
        { id: 'widget', match: { path: '/widget/**' }, allow: 'signed-in', embed: 'anywhere' },
        { id: 'reading', match: { path: '/api/read/**', methods: ['GET'] }, allow: 'signed-in', origins: [PARTNER] },
        { id: 'api', match: { path: '/api/**' }, allow: 'signed-in', origins: [PARTNER] },
        { id: 'closed', match: { path: '/closed/**' }, allow: 'no-one', origins: [PARTNER] },
      ],
    },
  })
})
beforeEach(() => {
  behind.arrived()
  behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
})
after(() => behind.stop())

const LOADS = {
  'a picture': ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image'],
  'a script': ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: script'],
  'a style sheet': ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: style'],
  'a film': ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: video', 'Range: bytes=0-'],
  'fetch without CORS': ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: empty'],
  'fetch with CORS': ['Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', 'Origin: https://other.example.test'],
  'a frame': ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe', 'Accept: text/html'],
  'an embedded object': ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: object'],
  'a frame of old': ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: frame'],
} as const

const assertRefused = (answer: RawAnswer): void => {
  assert.equal(answer.status, 403)
  assert.equal(answer.header('x-portillon'), 'foreign-page')
  assert.equal(answer.header('cross-origin-resource-policy'), 'same-origin')
  assert.equal(answer.header('access-control-allow-origin'), undefined)
  assertDressed(answer)
}

describe('W-13: what a page of another site loads in the name of the person', () => {
  for (const [what, headers] of Object.entries(LOADS)) {
    it(`W-13: ${what} is refused, from another domain and from a neighbour, and never reaches the application`, async () => {
      for (const site of ['cross-site', 'same-site', 'cross-origin']) {
        assertRefused(await behind.askSignedIn('GET /dcc/patient.jsp?id=1', `Sec-Fetch-Site: ${site}`, ...headers))
        assertRefused(await behind.askSignedIn('HEAD /public;x/a', `Sec-Fetch-Site: ${site}`, ...headers))
      }
      assert.equal(behind.arrived().length, 0)
    })

    it(`W-13: ${what} of a page of ours, or of none, is served`, async () => {
      for (const site of ['same-origin', 'none']) {
        const own = headers.filter((line) => !line.startsWith('Origin'))
        assert.equal((await behind.askSignedIn('GET /dcc/', `Sec-Fetch-Site: ${site}`, ...own)).status, 200)
      }
      assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
    })

    it(`W-13: ${what} that anybody may have, anybody may show`, async () => {
      const answer = await behind.askSignedIn('GET /public/logo.png', 'Sec-Fetch-Site: cross-site', ...headers)
      assert.equal(answer.status, 200)
      assert.equal(answer.header('cross-origin-resource-policy'), undefined)
      assert.equal(answer.header('x-frame-options'), undefined)
    })
  }

  it('W-13: without a session there is nothing to protect: the sign-in is asked for as ever', async () => {
    const answer = await behind.ask('GET /dcc/', 'Sec-Fetch-Site: cross-site', ...LOADS['a picture'])
    assert.equal(answer.status, 401)
  })

  it('W-13: a link is followed from anywhere; a form of another site is not taken', async () => {
    const link = [...AS_PAGE, 'Sec-Fetch-User: ?1']
    for (const site of ['cross-site', 'same-site']) {
      assert.equal((await behind.askSignedIn('GET /dcc/', `Sec-Fetch-Site: ${site}`, ...link)).status, 200)
      behind.arrived()
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        const headers = [
          `Sec-Fetch-Site: ${site}`,
          ...AS_PAGE,
          'Origin: https://other.example.test',
          'Content-Length: 0',
        ]
        assertRefused(await behind.askSignedIn(`${method} /dcc/save`, ...headers))
        assertRefused(await behind.askSignedIn(`${method} /widget/save`, ...headers))
      }
      assert.equal(behind.arrived().length, 0)
    }
  })

  it('W-13: the word of the browser cannot be doubled to hide it', async () => {
    for (const lines of [
      ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'],
      ['Sec-Fetch-Site: cross-site', 'sec-fetch-site: none'],
    ])
      assertRefused(await behind.askSignedIn('GET /dcc/', ...lines, ...LOADS['a picture']))
  })

  it('W-13: the person reads on a page why it is not shown, with the reference of the log', async () => {
    const answer = await behind.askSignedIn('GET /dcc/', 'Sec-Fetch-Site: cross-site', ...LOADS['a frame'])
    assert.match(answer.text, /Une page d&#39;un autre site|Une page d'un autre site/)
    const line = behind.gate.log.findLast(({ message }) => message === 'request refused')
    assert.deepEqual([line?.fields['error'], line?.fields['detail']], ['foreign-page', 'default: cross-site'])
    assert.ok(answer.text.includes(String(line?.fields['reference'])))
  })

  it('W-13: a rule lets neighbours of the same domain show its answers, or everybody', async () => {
    for (const [path, site, status, policy] of [
      ['/neighbour/x', 'same-site', 200, 'same-site'],
      ['/neighbour/x', 'cross-site', 403, 'same-origin'],
      ['/widget/x', 'same-site', 200, undefined],
      ['/widget/x', 'cross-site', 200, undefined],
    ] as const) {
      for (const load of ['a picture', 'a frame'] as const) {
        const answer = await behind.askSignedIn(`GET ${path}`, `Sec-Fetch-Site: ${site}`, ...LOADS[load])
        assert.equal(answer.status, status, `${path} ${site} ${load}`)
        assert.equal(answer.header('cross-origin-resource-policy'), policy)
        if (status === 200) assert.equal(answer.header('x-frame-options'), undefined)
      }
    }
  })
})

const preflight = (path: string, origin: string, method = 'GET', ...headers: readonly string[]) =>
  behind.ask(
    `OPTIONS ${path}`,
    ...[
      `Origin: ${origin}`,
      `Access-Control-Request-Method: ${method}`,
      'Sec-Fetch-Mode: cors',
      'Sec-Fetch-Site: same-site',
    ],
    ...headers,
  )

const corsOf = (answer: RawAnswer) =>
  Object.fromEntries(
    answer.headers
      .filter(([name]) => /^access-control-/i.test(name))
      .map(([name, value]) => [name.toLowerCase().replace('access-control-', ''), value]),
  )

describe('R9: scripts of another origin (CORS)', () => {
  it('R9: a preflight of a listed origin passes without a session, for that rule’s paths and methods, and the gate answers it', async () => {
    const answer = await preflight('/api/notes', PARTNER, 'PUT', 'Access-Control-Request-Headers: content-type, x-dcc')
    assert.equal(answer.status, 204)
    assert.deepEqual(corsOf(answer), {
      'allow-origin': PARTNER,
      'allow-credentials': 'true',
      'allow-methods': 'PUT',
      'allow-headers': 'content-type, x-dcc',
      'max-age': '600',
    })
    assert.match(answer.header('vary') ?? '', /\bOrigin\b/)
    assertDressed(answer)
    assert.equal((await preflight('/api/read/x', PARTNER, 'GET')).status, 204)
    assert.equal(behind.arrived().length, 0, 'nothing of somebody without a session reaches the application')
  })

  it('R9: every other preflight is a request without a session', async () => {
    for (const [path, origin, method] of [
      ['/dcc/', PARTNER, 'GET'],
      ['/api/notes', 'https://evil.example', 'GET'],
      ['/api/notes', `${PARTNER}.evil.example`, 'GET'],
      ['/api/notes', 'http://portail.example.test', 'GET'],
      ['/api/notes', 'null', 'GET'],
      ['/public/a', PARTNER, 'GET'],
    ] as const) {
      const answer = await preflight(path, origin, method)
      assert.equal(answer.status, 401, `${path} ${origin}`)
      assert.deepEqual(corsOf(answer), {})
    }
    const doubled = await preflight('/api/notes', PARTNER, 'GET', 'Origin: https://evil.example')
    assert.deepEqual([doubled.status, corsOf(doubled)], [401, {}])
    const plain = await behind.ask('OPTIONS /api/notes', `Origin: ${PARTNER}`, 'Accept: application/json')
    assert.equal(plain.status, 401, 'an OPTIONS that asks for nothing is a request like any other')
    assert.equal(behind.arrived().length, 0)
  })

  it('R9: names of headers are repeated only when they are names', async () => {
    for (const names of ['x\xe9', 'a"b', 'x'.repeat(3_000)]) {
      const answer = await preflight('/api/notes', PARTNER, 'GET', `Access-Control-Request-Headers: ${names}`)
      assert.deepEqual([answer.status, corsOf(answer)['allow-headers']], [204, undefined])
    }
  })

  it('R9: the 401 of a listed origin can be read by its scripts, and by no others', async () => {
    const asked = (origin: string, path = '/api/notes') =>
      behind.ask(`GET ${path}`, `Origin: ${origin}`, 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', 'Accept: */*')
    const answer = await asked(PARTNER)
    assert.equal(answer.status, 401)
    assert.equal((JSON.parse(answer.text) as { error: string }).error, 'sign-in-required')
    assert.deepEqual(corsOf(answer), {
      'allow-origin': PARTNER,
      'allow-credentials': 'true',
      'expose-headers': 'X-Portillon',
    })
    assert.equal(answer.header('vary'), 'Origin')
    assertDressed(answer)
    for (const [origin, path] of [
      ['https://evil.example', '/api/notes'],
      [PARTNER, '/dcc/'],
    ] as const)
      assert.deepEqual(corsOf(await asked(origin, path)), {})
    const forbidden = await behind.askSignedIn('GET /closed/x', `Origin: ${PARTNER}`, 'Accept: application/json')
    assert.deepEqual([forbidden.status, corsOf(forbidden)['allow-origin']], [403, PARTNER])
  })

  it('R9: what a listed origin asks for with a session is served, and can be read; Vary tells caches', async () => {
    behind.upstream.answerWith(() =>
      plainAnswer('200 OK', '{}', [
        'Access-Control-Allow-Origin: *',
        'Vary: Accept-Encoding',
        'Access-Control-Expose-Headers: X-Count',
      ]),
    )
    const cors = ['Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', 'Sec-Fetch-Site: same-site', `Origin: ${PARTNER}`]
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await behind.askSignedIn(`${method} /api/notes`, ...cors, 'Content-Length: 0')
      assert.equal(answer.status, 200)
      assert.deepEqual(corsOf(answer), {
        'allow-origin': PARTNER,
        'allow-credentials': 'true',
        'expose-headers': 'X-Count',
      })
      assert.deepEqual(answer.all('vary'), ['Accept-Encoding, Origin'])
      assert.equal(behind.onlyArrived().header('origin'), PARTNER)
    }
    const own = await behind.askSignedIn('GET /api/notes')
    assert.equal(own.header('access-control-allow-origin'), undefined)
    assert.deepEqual(own.all('vary'), ['Accept-Encoding, Origin'], 'also to whoever has no Origin')
    const open = await behind.ask('GET /fonts/a.woff', ...cors)
    assert.deepEqual([open.status, corsOf(open)['allow-origin']], [200, PARTNER])
  })

  it('R9: a form of a listed origin is taken, a rule for reading alone does not speak of it', async () => {
    const form = ['Sec-Fetch-Site: same-site', ...AS_PAGE, `Origin: ${PARTNER}`, 'Content-Length: 0']
    assert.equal((await behind.askSignedIn('POST /api/notes', ...form)).status, 200)
    assertRefused(await behind.askSignedIn('POST /dcc/notes', ...form))
  })
})
