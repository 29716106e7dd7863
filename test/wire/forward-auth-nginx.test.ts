import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { after, before, beforeEach, describe, it } from 'node:test'
import { FORWARD_AUTH, startAskedGate } from '../kit/asking.ts'
import { AS_PAGE, assertDressed, verifyAssertion, type BehindGate } from '../kit/behind-gate.ts'
import { createManualClock } from '../kit/clock.ts'
import { PERSON } from '../kit/gate.ts'
import { FRONT_NAME, startAskingNginx, type NginxFront } from '../kit/nginx-front.ts'
import { startNginx } from '../kit/nginx.ts'
import { openRaw, sendRaw, type RawAnswer, type RawTarget } from '../kit/raw-http.ts'
import { echo, plainAnswer, type RawRequest } from '../kit/upstream.ts'
import { ACTION, NOTE, reasonOf, sendAgain, sendForm, signInFrom } from '../kit/kept-form.ts'
import { createVisitor, hiddenFields, PREFIX, signIn, type Doorstep } from '../kit/visitor.ts'

/** The shipped nginx sample that asks: real nginx, the gate beside it, and an application that nginx alone brings requests to. */

let behind: BehindGate
let nginx: NginxFront
/** Cookies of somebody who signed in through nginx. */
let signedIn: string

const doorstep = (): Doorstep => ({
  host: FRONT_NAME,
  origin: `https://${FRONT_NAME}`,
  port: nginx.httpsPort,
  ca: nginx.ca,
})

before(async () => {
  behind = await startAskedGate({ site: { ...FORWARD_AUTH, hosts: [FRONT_NAME] } })
  nginx = await startAskingNginx(behind.gate.port, behind.upstream.port)
  const visitor = createVisitor(doorstep())
  await signIn(behind.gate, visitor)
  signedIn = `Cookie: ${visitor.cookieHeader()}`
})

beforeEach(() => {
  behind.arrived()
  behind.upstream.answerWith(echo)
})

after(async () => {
  await nginx.stop()
  await behind.stop()
})

const at = (): RawTarget => ({ port: nginx.httpsPort, tls: { ca: nginx.ca, servername: FRONT_NAME } })

const head = (start: string, ...headers: readonly string[]): string =>
  [`${start} HTTP/1.1`, `Host: ${FRONT_NAME}`, ...headers, '', ''].join('\r\n')

const ask = (start: string, ...headers: readonly string[]): Promise<RawAnswer> => sendRaw(at(), head(start, ...headers))
const askSignedIn = (start: string, ...headers: readonly string[]) => ask(start, signedIn, ...headers)

const NAMES = ['X-Remote-User', 'X-User-RPPS', 'X-User-Name', 'X-Portillon-Assertion'] as const

const assertIsPerson = async (request: RawRequest): Promise<void> => {
  assert.deepEqual(request.all('x-remote-user'), [PERSON.login])
  assert.deepEqual(request.all('x-user-rpps'), ['99900000003'])
  assert.deepEqual(request.all('x-user-name'), ['Camille Exemple'])
  assert.equal(request.all('x-portillon-assertion').length, 1)
  const claims = await verifyAssertion(behind.gate, request.header('x-portillon-assertion'))
  assert.equal(claims['login'], PERSON.login)
  assert.doesNotMatch(request.raw.toString('latin1'), /root|evil|__Host-portillon/)
}

/** nginx sends no header whose value is empty. */
const assertIsNobody = (request: RawRequest): void => {
  for (const name of NAMES) assert.deepEqual(request.all(name), [], name)
  assert.doesNotMatch(request.raw.toString('latin1'), /root|evil|__Host-portillon/)
}

describe('nginx that asks the gate', () => {
  it('brings the application the very request that was judged, with who it is', async () => {
    const target = '/dcc//ui/patient.jsp;jsessionid=0?id=1024&q=a+b%20c%26d'
    assert.equal((await askSignedIn(`GET ${target}`, 'X-GWT-Permutation: H')).status, 200)
    const request = behind.onlyArrived()
    assert.equal(request.startLine, `GET ${target} HTTP/1.1`)
    assert.equal(request.header('host'), FRONT_NAME)
    assert.equal(request.header('x-gwt-permutation'), 'H')
    assert.equal(request.header('x-forwarded-proto'), 'https')
    assert.equal(request.header('x-forwarded-host'), FRONT_NAME)
    await assertIsPerson(request)
  })

  it('H-18: brings the application its own cookies and none of the gate’s', async () => {
    await ask('GET /dcc/', `${signedIn}; JSESSIONID=1; b="x y"`)
    const request = behind.onlyArrived()
    assert.deepEqual(request.all('cookie'), ['JSESSIONID=1; b="x y"'])
    await assertIsPerson(request)
    await askSignedIn('GET /dcc/')
    assert.deepEqual(behind.onlyArrived().all('cookie'), [])
  })

  it('shows public pages to anybody, as nobody', async () => {
    assert.equal((await ask('GET /public/a.css')).status, 200)
    assertIsNobody(behind.onlyArrived())
  })

  it('R1: leads a deep link through the whole sign-in, and back to every byte of it', async () => {
    const link = '/dcc/ui/patient.jsp?id=1024&onglet=rcp&q=a+b%20c%26d'
    const visitor = createVisitor(doorstep())
    const answer = await signIn(behind.gate, visitor, link)
    assert.equal(answer.location, link)
    behind.arrived()
    assert.equal((await visitor.page(link)).status, 200)
    const request = behind.onlyArrived()
    assert.equal(request.target, link)
    await assertIsPerson(request)
  })

  it('signs out by the gate’s own page: the next request meets the sign-in', async () => {
    const visitor = createVisitor(doorstep())
    await signIn(behind.gate, visitor)
    const stolen = visitor.cookieHeader()
    const page = await visitor.page(`${PREFIX}/sign-out`)
    assert.equal(page.status, 200)
    const form = hiddenFields(page.body, `${PREFIX}/sign-out`)
    assert.equal((await visitor.ask(`${PREFIX}/sign-out`, { form })).status, 303)
    behind.arrived()
    assert.equal((await ask('GET /dcc/', `Cookie: ${stolen}`, ...AS_PAGE)).status, 302)
    assert.equal(behind.arrived().length, 0)
  })

  it('R16: signs out by the application’s own address too, which hears of it', async () => {
    const visitor = createVisitor(doorstep())
    await signIn(behind.gate, visitor)
    behind.arrived()
    assert.equal((await visitor.page('/dcc/logout')).status, 200)
    await assertIsPerson(behind.onlyArrived())
    const next = await visitor.page('/dcc/')
    assert.equal(next.status, 302)
    assert.match(next.location ?? '', /why=expired/)
  })

  it('U-08: carries a chunked form of somebody signed in whole, and the question has no body', async () => {
    const body = randomBytes(100_000)
    const connection = await openRaw(at())
    connection.write(head('POST /dcc/save?a=1', signedIn, 'Transfer-Encoding: chunked', 'Content-Type: text/plain'))
    connection.write(`${body.length.toString(16)}\r\n`)
    connection.write(body)
    connection.write('\r\n0\r\n\r\n')
    assert.equal((await connection.answer('POST')).status, 200)
    connection.destroy()
    const request = behind.onlyArrived()
    assert.equal(request.startLine, 'POST /dcc/save?a=1 HTTP/1.1')
    assert.ok(request.body.equals(body))
  })

  it('lets the application answer 401, 403 and 500 itself', async () => {
    for (const status of ['401 Unauthorized', '403 Forbidden', '500 Internal Server Error']) {
      behind.upstream.answerWith(() => plainAnswer(status, 'the application’s own'))
      const answer = await askSignedIn('GET /dcc/')
      assert.equal(`${answer.status}`, status.slice(0, 3))
      assert.match(answer.text, /own/)
    }
  })
})

describe('what nginx is not allowed to bring, the gate answers itself', () => {
  it('a page: the sign-in, with the reason and the protecting headers', async () => {
    const answer = await ask('GET /dcc/?a=%20b', ...AS_PAGE)
    assert.equal(answer.status, 302)
    assert.match(answer.header('location') ?? '', /^\/_portillon\/sign-in\?to=/)
    assertDressed({ ...answer, header: (name) => (name === 'server' ? undefined : answer.header(name)) })
    assert.equal(behind.arrived().length, 0)
  })

  it('R-11: a form: 303, and the body is nobody’s', async () => {
    const body = 'name=x'
    const headers = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`, ...AS_PAGE]
    const answer = await sendRaw(at(), head('POST /dcc/save', ...headers) + body)
    assert.equal(answer.status, 303)
    assert.equal(behind.arrived().length, 0)
  })

  it('R8: a script: 401 and JSON', async () => {
    const answer = await ask('GET /dcc/data', 'Accept: application/json', 'X-Requested-With: XMLHttpRequest')
    assert.equal(answer.status, 401)
    assert.equal((JSON.parse(answer.text) as { error: string }).error, 'sign-in-required')
  })

  it('R33: somebody who may not: 403 with a page and a reference', async () => {
    const answer = await askSignedIn('GET /closed/x', ...AS_PAGE)
    assert.equal(answer.status, 403)
    assert.match(answer.header('content-type') ?? '', /^text\/html/)
    assert.match(answer.text, /\b[0-9A-Z]{6}-[0-9A-Z]{5}\b/)
  })

  for (const target of [
    ...['/public/../dcc/', '/public/..%2fdcc/', '/public/%2e%2e/dcc/', '/public/..;/dcc/', '/public/%252e%252e/dcc/'],
    ...['/dcc/%2e%2e/public/a.css', '/_portillon/../dcc/', '/dcc/..%2f_portillon/assets/portillon.css'],
  ])
    it(`P-01: ${target}: 400, whoever asks`, async () => {
      assert.equal((await ask(`GET ${target}`)).status, 400)
      assert.equal((await askSignedIn(`GET ${target}`)).status, 400)
      assert.equal(behind.arrived().length, 0)
    })

  for (const target of ['/public//a.css', '/public/a.css;x', '/publi%63/a.css', '/PUBLIC/a.css', '/public'])
    it(`P-05: ${target}: opened by no public rule but for the path that it names`, async () => {
      const { status } = await ask(`GET ${target}`, ...AS_PAGE)
      assert.equal(status, target === '/public' ? 200 : 302)
      assert.equal(behind.arrived().length, target === '/public' ? 1 : 0)
    })

  it('P-12: the gate’s own addresses reach the gate in every spelling, and the application in none', async () => {
    assert.equal((await ask('GET /_portillon/jwks.json')).status, 200)
    for (const target of ['/_PORTILLON/jwks.json', '/%5fportillon/jwks.json', '/_portillon//jwks.json'])
      assert.equal((await askSignedIn(`GET ${target}`)).status, 404, target)
    assert.equal(behind.arrived().length, 0)
  })
})

describe('R7: a form that arrives through nginx when its session has ended', () => {
  it('is kept by the gate, and sent by it when its owner says so', async () => {
    const clock = createManualClock()
    const late = await startAskedGate({ clock, site: { ...FORWARD_AUTH, hosts: [FRONT_NAME] } })
    const front = await startAskingNginx(late.gate.port, late.upstream.port)
    try {
      const visitor = createVisitor({ ...doorstep(), port: front.httpsPort, ca: front.ca })
      await signIn(late.gate, visitor)
      clock.advance('31m')
      late.arrived()
      const challenged = await sendForm(late.gate, visitor)
      assert.deepEqual([challenged.status, reasonOf(challenged)], [303, 'form-kept'])
      const offer = await signInFrom(late.gate, visitor, challenged.location)
      assert.equal(late.arrived().length, 0)
      assert.equal((await sendAgain(late.gate, visitor, offer)).status, 200)
      const request = late.onlyArrived()
      assert.equal(request.startLine, `POST ${ACTION} HTTP/1.1`)
      assert.equal(request.text, NOTE)
      assert.deepEqual(request.all('x-remote-user'), [PERSON.login])
    } finally {
      await front.stop()
      await late.stop()
    }
  })
})

describe('what a visitor says to nginx', () => {
  const SPOOFS = ['X-Remote-User: root', 'x-remote-user: root', 'X-User-RPPS: root', 'X-User-Name: root']
  const SIGNED = ['X-Portillon-Assertion: root', 'Connection: X-Remote-User, X-Portillon-Assertion']
  const TWINS = ['X_Remote_User: root', 'X-Remote_User: root', 'X_Portillon_Assertion: root']

  it('H-01, H-03: about who it is does not reach the application', async () => {
    await askSignedIn('GET /dcc/', ...SPOOFS, ...SIGNED, ...TWINS)
    await assertIsPerson(behind.onlyArrived())
    await ask('GET /public/a.css', ...SPOOFS, ...SIGNED, ...TWINS)
    assertIsNobody(behind.onlyArrived())
  })

  it('H-03: in a spelling that nginx lets pass is refused by the gate', async () => {
    assert.equal(
      (await askSignedIn('GET /dcc/', 'XRemoteUser: root')).status,
      200,
      'by the data path, which takes it out',
    )
    await assertIsPerson(behind.onlyArrived())
  })

  for (const named of [
    ['X-Original-URI: /public/a.css', 'X-Original-Method: GET'],
    ['X-Forwarded-Uri: /public/a.css', 'X-Forwarded-Method: GET', `X-Forwarded-Host: ${FRONT_NAME}`],
    ['X-Original-URL: /public/a.css', 'X-Rewrite-URL: /public/a.css', 'X-HTTP-Method-Override: GET'],
  ])
    it(`H-11: ${named[0]}: does not change which request is judged, nor reach the application`, async () => {
      assert.equal((await ask('GET /dcc/', ...named, ...AS_PAGE)).status, 302)
      assert.equal(behind.arrived().length, 0)
      assert.equal((await askSignedIn('POST /dcc/', 'Content-Length: 0', ...named)).status, 200)
      const request = behind.onlyArrived()
      assert.doesNotMatch(request.raw.toString('latin1'), /public|override: get|method: get/i)
      await assertIsPerson(request)
    })

  it('H-09: about the address does not count', async () => {
    const claims = ['X-Forwarded-For: 203.0.113.7', 'X-Real-IP: 203.0.113.7', 'Forwarded: for=203.0.113.7']
    assert.equal((await askSignedIn('GET /ward/', ...claims)).status, 403)
    await askSignedIn('GET /dcc/', ...claims)
    const request = behind.onlyArrived()
    assert.deepEqual(request.all('x-forwarded-for'), ['127.0.0.1'])
    assert.doesNotMatch(request.raw.toString('latin1'), /203\.0\.113/)
  })

  it('R19: at the address where nginx asks is answered by nginx: 404, without anybody’s identity', async () => {
    const named = ['X-Original-URI: /public/a.css', 'X-Original-Method: GET']
    for (const target of [
      '/_portillon/authz',
      '/_portillon/authz?x',
      '/_portillon/%61uthz',
      '/_portillon/x/../authz',
    ]) {
      const answer = await askSignedIn(`GET ${target}`, ...named)
      assert.equal(answer.status, 404, target)
      for (const name of NAMES) assert.equal(answer.header(name), undefined)
    }
    for (const target of ['/_portillon/authz/', '/_portillon//authz', '/_portillon/authz;x', '/_PORTILLON/authz'])
      assert.equal((await askSignedIn(`GET ${target}`, ...named)).status, 404, target)
    assert.equal(behind.arrived().length, 0)
  })
})

describe('a WebSocket through nginx that asks', () => {
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: eA==']
  const ours = `Origin: https://${FRONT_NAME}`

  it('W-01, W-03: is opened for somebody signed in from our own pages, and for nobody else', async () => {
    assert.equal((await ask('GET /dcc/ws', ...upgrade, ours)).status, 401)
    assert.equal((await askSignedIn('GET /dcc/ws', ...upgrade, 'Origin: https://evil.example.test')).status, 403)
    assert.equal((await askSignedIn('GET /dcc/ws', ...upgrade)).status, 403)
    assert.equal(behind.arrived().length, 0)
    behind.upstream.answerWith((_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello')
      return null
    })
    const connection = await openRaw(at())
    connection.write(head('GET /dcc/ws', signedIn, ...upgrade, ours, 'X-Remote-User: root'))
    assert.equal((await connection.answer()).status, 101)
    while (connection.rest().toString() !== 'hello') await once(connection.socket, 'data')
    connection.destroy()
    await assertIsPerson(behind.onlyArrived())
  })
})

describe('nginx that redirects by itself', () => {
  it('finds the address of the sign-in in the answer: absolute, with the deep link sealed', async () => {
    const redirecting = await startNginx(
      ([port = 0]) => `
      server {
        listen 127.0.0.1:${port};
        location = /question {
          internal;
          proxy_pass http://127.0.0.1:${behind.gate.port}/_portillon/authz;
          proxy_set_header Host $http_host;
          proxy_set_header X-Original-URI $request_uri;
          proxy_set_header X-Original-Method $request_method;
        }
        location / {
          auth_request /question;
          auth_request_set $where $upstream_http_location;
          error_page 401 = @sign-in;
          proxy_pass http://127.0.0.1:${behind.upstream.port};
        }
        location @sign-in { return 302 $where; }
      }`,
    )
    try {
      const [port = 0] = redirecting.ports
      const link = '/dcc/ui/patient.jsp?id=1024&q=a+b%20c%26d'
      const answer = await sendRaw({ port }, head(`GET ${link}`, ...AS_PAGE))
      assert.equal(answer.status, 302)
      const { origin, pathname, search } = new URL(answer.header('location') ?? '')
      assert.equal(origin, `https://${FRONT_NAME}`)
      const visitor = createVisitor(doorstep())
      const page = await visitor.page(pathname + search)
      const { to } = hiddenFields(page.body, `${PREFIX}/sign-in`)
      assert.equal(to, new URLSearchParams(search).get('to'))
      assert.equal(behind.arrived().length, 0)
    } finally {
      await redirecting.stop()
    }
  })
})

describe('nginx that asks, when something is away', () => {
  it('G-01: brings nothing to the application while the gate does not answer', async () => {
    const gone = await startAskingNginx(1, behind.upstream.port)
    try {
      const answer = await sendRaw(
        { port: gone.httpsPort, tls: { ca: gone.ca, servername: FRONT_NAME } },
        head('GET /public/a.css'),
      )
      assert.equal(answer.status, 503)
      assert.match(answer.text, /Le service ne répond pas pour le moment/)
      assert.equal(behind.arrived().length, 0)
    } finally {
      await gone.stop()
    }
  })
})
