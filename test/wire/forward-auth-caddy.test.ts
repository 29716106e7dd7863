import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { after, before, beforeEach, describe, it } from 'node:test'
import { startAskingCaddy, type AskingCaddy } from '../kit/asking-caddy.ts'
import { FORWARD_AUTH, startAskedGate } from '../kit/asking.ts'
import { AS_PAGE, verifyAssertion, type BehindGate } from '../kit/behind-gate.ts'
import { PERSON } from '../kit/gate.ts'
import { FRONT_NAME } from '../kit/nginx-front.ts'
import { openRaw, sendRaw, type RawAnswer, type RawTarget } from '../kit/raw-http.ts'
import { echo, type RawRequest } from '../kit/upstream.ts'
import { createVisitor, hiddenFields, PREFIX, signIn, type Doorstep } from '../kit/visitor.ts'

/** The shipped Caddyfile: real Caddy, the gate beside it, and an application that Caddy alone brings requests to. */

let behind: BehindGate
let caddy: AskingCaddy
let signedIn: string

const doorstep = (): Doorstep => ({
  host: FRONT_NAME,
  origin: `https://${FRONT_NAME}`,
  port: caddy.httpsPort,
  ca: caddy.ca,
})

before(async () => {
  behind = await startAskedGate({ site: { ...FORWARD_AUTH, hosts: [FRONT_NAME] } })
  caddy = await startAskingCaddy(behind.gate.port, behind.upstream.port)
  const visitor = createVisitor(doorstep())
  await signIn(behind.gate, visitor)
  signedIn = `Cookie: ${visitor.cookieHeader()}`
})

beforeEach(() => {
  behind.arrived()
  behind.upstream.answerWith(echo)
})

after(async () => {
  await caddy.stop()
  await behind.stop()
})

const at = (): RawTarget => ({ port: caddy.httpsPort, tls: { ca: caddy.ca, servername: FRONT_NAME } })

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
  assert.deepEqual(request.all('x-portillon-cookie'), [])
  assert.doesNotMatch(request.raw.toString('latin1'), /root|evil|__Host-portillon/)
}

/** Absent or empty, as the version of Caddy has it. */
const assertIsNobody = (request: RawRequest): void => {
  for (const name of NAMES) assert.equal(request.all(name).join(''), '', name)
  assert.doesNotMatch(request.raw.toString('latin1'), /root|evil|__Host-portillon|\{http/)
}

describe('Caddy that asks the gate', () => {
  it('brings the application the very request that was judged, with who it is', async () => {
    const target = '/dcc//ui/patient.jsp;jsessionid=0?id=1024&q=a+b%20c%26d'
    assert.equal((await askSignedIn(`GET ${target}`, 'X-GWT-Permutation: H')).status, 200)
    const request = behind.onlyArrived()
    assert.equal(request.target, target)
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
    assert.equal(behind.onlyArrived().all('cookie').join(''), '')
  })

  it('shows public pages to anybody, as nobody', async () => {
    assert.equal((await ask('GET /public/a.css')).status, 200)
    assertIsNobody(behind.onlyArrived())
  })

  it('R1: leads a deep link through the whole sign-in, and back to every byte of it', async () => {
    const link = '/dcc/ui/patient.jsp?id=1024&onglet=rcp&q=a+b%20c%26d'
    const visitor = createVisitor(doorstep())
    const challenged = await visitor.page(link)
    assert.equal(challenged.status, 302)
    const { origin, pathname, search } = new URL(challenged.location ?? '')
    assert.equal(origin, `https://${FRONT_NAME}`)
    assert.equal((await visitor.page(pathname + search)).status, 200)
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
    const form = hiddenFields(page.body, `${PREFIX}/sign-out`)
    assert.equal((await visitor.ask(`${PREFIX}/sign-out`, { form })).status, 303)
    behind.arrived()
    assert.equal((await ask('GET /dcc/', `Cookie: ${stolen}`, ...AS_PAGE)).status, 302)
    assert.equal(behind.arrived().length, 0)
  })

  it('U-08: carries the body of a form whole', async () => {
    const body = randomBytes(100_000)
    const connection = await openRaw(at())
    connection.write(head('POST /dcc/save?a=1', signedIn, `Content-Length: ${body.length}`))
    connection.write(body)
    assert.equal((await connection.answer('POST')).status, 200)
    connection.destroy()
    const request = behind.onlyArrived()
    assert.equal(request.startLine, 'POST /dcc/save?a=1 HTTP/1.1')
    assert.ok(request.body.equals(body))
  })
})

describe('what Caddy is not allowed to bring', () => {
  it('is answered by the gate: a page, a form, a script, somebody who may not', async () => {
    assert.equal((await ask('GET /dcc/', ...AS_PAGE)).status, 302)
    assert.equal((await ask('POST /dcc/', 'Content-Length: 0', ...AS_PAGE)).status, 303)
    const script = await ask('GET /dcc/data', 'Accept: application/json', 'X-Requested-With: XMLHttpRequest')
    assert.equal(script.status, 401)
    assert.equal((JSON.parse(script.text) as { error: string }).error, 'sign-in-required')
    const refused = await askSignedIn('GET /closed/x', ...AS_PAGE)
    assert.equal(refused.status, 403)
    assert.match(refused.text, /\b[0-9A-Z]{6}-[0-9A-Z]{5}\b/)
    assert.doesNotMatch(refused.text, /authz/)
    assert.equal((await askSignedIn('HEAD /closed/x', ...AS_PAGE)).status, 403)
    assert.equal(behind.arrived().length, 0)
  })

  for (const target of [
    '/public/../dcc/',
    '/public/..%2fdcc/',
    '/public/%2e%2e/dcc/',
    '/public/..;/dcc/',
    '/public/%252e%252e/x',
  ])
    it(`P-01: ${target}: 400, whoever asks`, async () => {
      assert.equal((await ask(`GET ${target}`)).status, 400)
      assert.equal((await askSignedIn(`GET ${target}`)).status, 400)
      assert.equal(behind.arrived().length, 0)
    })

  for (const target of ['/public//a.css', '/public/a.css;x', '/publi%63/a.css', '/PUBLIC/a.css'])
    it(`P-05: ${target}: opened by no public rule`, async () => {
      assert.equal((await ask(`GET ${target}`, ...AS_PAGE)).status, 302)
      assert.equal(behind.arrived().length, 0)
    })

  it('P-12: the gate’s own addresses reach the gate, and the application in no spelling', async () => {
    assert.equal((await ask('GET /_portillon/jwks.json')).status, 200)
    for (const target of ['/_PORTILLON/jwks.json', '/%5fportillon/jwks.json', '/_portillon//jwks.json', '/_portillon'])
      assert.equal((await askSignedIn(`GET ${target}`)).status, 404, target)
    assert.equal(behind.arrived().length, 0)
  })
})

describe('what a visitor says to Caddy', () => {
  const SPOOFS = ['X-Remote-User: root', 'x-remote-user: root', 'X-User-RPPS: root', 'X-User-Name: root']
  const SIGNED = ['X-Portillon-Assertion: root', 'X-Portillon-Cookie: root=1', 'X-Portillon-Login: root']
  const NAMED = ['Connection: X-Remote-User, X-Portillon-Assertion, X-Portillon-Cookie, Cookie']

  it('H-01, H-06: about who it is does not reach the application, and takes nothing away that the gate said', async () => {
    await askSignedIn('GET /dcc/', ...SPOOFS, ...SIGNED)
    await assertIsPerson(behind.onlyArrived())
    await askSignedIn('GET /dcc/', ...SPOOFS, ...SIGNED, ...NAMED)
    await assertIsPerson(behind.onlyArrived())
    await ask('GET /public/a.css', ...SPOOFS, ...SIGNED, ...NAMED)
    assertIsNobody(behind.onlyArrived())
  })

  for (const twin of ['X_Remote_User', 'X-Remote_User', 'X_Portillon_Assertion', 'XRemoteUser', 'X.User.Name'])
    it(`H-03: by ${twin} is refused by the gate`, async () => {
      assert.equal((await askSignedIn('GET /dcc/', `${twin}: root`)).status, 400)
      assert.equal((await ask('GET /public/a.css', `${twin}: root`)).status, 400)
      assert.equal(behind.arrived().length, 0)
    })

  for (const named of [
    ['X-Original-URI: /public/a.css', 'X-Original-Method: GET'],
    ['X-Forwarded-Uri: /public/a.css', 'X-Forwarded-Method: GET', 'X-Forwarded-Host: evil.example.test'],
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

  it('R19: at the address where Caddy asks is answered 404, without anybody’s identity', async () => {
    const manners = [
      ['X-Forwarded-Uri: /public/a.css', 'X-Forwarded-Method: GET'],
      ['X-Original-URI: /public/a.css', 'X-Original-Method: GET'],
    ]
    for (const named of manners) {
      for (const path of ['authz', 'authz?x', '%61uthz', 'authz/', '/authz', 'authz;x', 'AUTHZ', 'x/../authz']) {
        const answer = await askSignedIn(`GET /_portillon/${path}`, ...named)
        assert.equal(answer.status, 404, path)
        for (const name of NAMES) assert.equal(answer.header(name), undefined)
      }
    }
    assert.equal(behind.arrived().length, 0)
  })
})

describe('a WebSocket through Caddy that asks', () => {
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

describe('Caddy that asks, when the gate is away', () => {
  it('G-01: brings nothing to the application', async () => {
    const gone = await startAskingCaddy(1, behind.upstream.port)
    try {
      const target = { port: gone.httpsPort, tls: { ca: gone.ca, servername: FRONT_NAME } }
      assert.equal((await sendRaw(target, head('GET /public/a.css'))).status, 502)
      assert.equal(behind.arrived().length, 0)
    } finally {
      await gone.stop()
    }
  })
})
