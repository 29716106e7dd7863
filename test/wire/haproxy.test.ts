import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { FORWARD_AUTH, startAskedGate, TRUSTING } from '../kit/asking.ts'
import { AS_PAGE, startBehindGate, verifyAssertion, type BehindGate } from '../kit/behind-gate.ts'
import { PERSON } from '../kit/gate.ts'
import { startAskingHaproxy, startHaproxyFront, type HaproxyFront } from '../kit/haproxy.ts'
import { eventually } from '../kit/instance.ts'
import { FRONT_NAME } from '../kit/nginx-front.ts'
import { openRaw, sendRaw, type RawAnswer } from '../kit/raw-http.ts'
import { echo, startRawUpstream, type RawRequest, type RawUpstream } from '../kit/upstream.ts'
import { createVisitor, PREFIX, signIn, type Doorstep } from '../kit/visitor.ts'

/** The shipped samples for HAProxy: in front of the gate, and asking it by a Lua action. */

const doorstepOf = (front: HaproxyFront): Doorstep => ({
  ...{ host: FRONT_NAME, origin: `https://${FRONT_NAME}`, port: front.httpsPort, ca: front.ca },
})
const head = (start: string, ...headers: readonly string[]): string =>
  [`${start} HTTP/1.1`, `Host: ${FRONT_NAME}`, ...headers, '', ''].join('\r\n')
const atOf = (front: HaproxyFront) => ({ port: front.httpsPort, tls: { ca: front.ca, servername: FRONT_NAME } })

/** The example of RFC 6455 § 1.3: HAProxy looks at both keys. */
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='
const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', KEY]
const SPOOFS = ['X-Remote-User: root', 'x-remote-user: root', 'X-User-RPPS: root', 'X-User-Name: root']
const SIGNED = ['X-Portillon-Assertion: root', 'Connection: X-Remote-User, X-Portillon-Assertion, Cookie']

describe('HAProxy that asks the gate', () => {
  let behind: BehindGate
  /** The application as the gate's own way reaches it: what comes here went through the gate and not past it. */
  let throughGate: RawUpstream
  let haproxy: HaproxyFront
  let signedIn: string

  before(async () => {
    throughGate = await startRawUpstream()
    behind = await startAskedGate({ site: { ...FORWARD_AUTH, hosts: [FRONT_NAME] }, application: throughGate.url })
    haproxy = await startAskingHaproxy(behind.gate.port, behind.upstream.port)
    const visitor = createVisitor(doorstepOf(haproxy))
    await signIn(behind.gate, visitor)
    signedIn = `Cookie: ${visitor.cookieHeader()}`
  })
  after(async () => {
    await haproxy.stop()
    await behind.stop()
    await throughGate.stop()
  })
  beforeEach(() => {
    behind.arrived()
    throughGate.forget()
    for (const upstream of [behind.upstream, throughGate]) upstream.answerWith(echo)
  })

  const ask = (start: string, ...headers: readonly string[]): Promise<RawAnswer> =>
    sendRaw(atOf(haproxy), head(start, ...headers))
  const askSignedIn = (start: string, ...headers: readonly string[]) => ask(start, signedIn, ...headers)
  const reachedNobody = () => assert.equal(behind.arrived().length + throughGate.requests.length, 0)

  const assertIsPerson = async (request: RawRequest | undefined): Promise<void> => {
    assert.ok(request !== undefined)
    assert.deepEqual(request.all('x-remote-user'), [PERSON.login])
    assert.deepEqual(request.all('x-user-rpps'), ['99900000003'])
    assert.deepEqual(request.all('x-user-name'), ['Camille Exemple'])
    assert.equal(request.all('x-portillon-assertion').length, 1)
    const claims = await verifyAssertion(behind.gate, request.header('x-portillon-assertion'))
    assert.equal(claims['login'], PERSON.login)
    assert.doesNotMatch(request.raw.toString('latin1'), /root|evil|__Host-portillon/)
  }

  it('brings the application the very request that was judged, with who it is and its own cookies', async () => {
    const target = '/dcc//ui/patient.jsp;jsessionid=0?id=1024&q=a+b%20c%26d'
    assert.equal((await ask(`GET ${target}`, `${signedIn}; JSESSIONID=1; b="x y"`)).status, 200)
    const request = behind.onlyArrived()
    assert.equal(request.target, target)
    assert.deepEqual(request.all('cookie'), ['JSESSIONID=1; b="x y"'])
    assert.deepEqual(request.all('x-forwarded-for'), ['127.0.0.1'])
    assert.equal(request.header('x-forwarded-host'), FRONT_NAME)
    await assertIsPerson(request)
    assert.equal((await ask('GET /public/a.css')).status, 200)
    const nobodys = behind.onlyArrived()
    for (const name of ['x-remote-user', 'x-user-rpps', 'x-user-name', 'x-portillon-assertion'])
      assert.deepEqual(nobodys.all(name), [''], name)
    assert.equal(throughGate.requests.length, 0)
  })

  it('U-08: carries the body of a form whole', async () => {
    const body = randomBytes(100_000)
    const connection = await openRaw(atOf(haproxy))
    connection.write(head('POST /dcc/save?a=1', signedIn, `Content-Length: ${body.length}`))
    connection.write(body)
    assert.equal((await connection.answer('POST')).status, 200)
    connection.destroy()
    assert.ok(behind.onlyArrived().body.equals(body))
  })

  it('R1, R8: what is not allowed is answered by the gate: a page, a form, a script, somebody who may not', async () => {
    assert.equal((await ask('GET /dcc/?a=b', ...AS_PAGE)).status, 302)
    assert.equal((await ask('POST /dcc/', 'Content-Length: 0', ...AS_PAGE)).status, 303)
    assert.equal((await ask('GET /dcc/data', 'Accept: application/json')).status, 401)
    assert.equal((await askSignedIn('GET /closed/x', ...AS_PAGE)).status, 403)
    reachedNobody()
  })

  it('H-01: what a visitor says of who it is reaches nobody', async () => {
    await askSignedIn('GET /dcc/', ...SPOOFS, ...SIGNED)
    await assertIsPerson(behind.onlyArrived())
    await ask('GET /public/a.css', ...SPOOFS, ...SIGNED)
    assert.doesNotMatch(behind.onlyArrived().raw.toString('latin1'), /root/)
  })

  for (const twin of ['X_Remote_User', 'X-Remote_User', 'XRemoteUser', 'X.User.Name'])
    it(`H-03: ${twin} is taken out: such a request goes through the gate`, async () => {
      assert.equal((await askSignedIn('GET /dcc/', `${twin}: root`)).status, 200)
      assert.equal(behind.arrived().length, 0)
      await assertIsPerson(throughGate.requests[0])
    })

  for (const named of [
    ['X-Original-URI: /public/a.css', 'X-Original-Method: GET'],
    ['X-Forwarded-Uri: /public/a.css', 'X-Forwarded-Method: GET', 'X-Forwarded-Host: evil.example.test'],
    ['X-Original-URL: /public/a.css', 'X-Rewrite-URL: /public/a.css', 'X-HTTP-Method-Override: GET'],
  ])
    it(`H-11: ${named[0]}: does not change which request is judged, nor reach the application`, async () => {
      assert.equal((await ask('GET /dcc/', ...named, ...AS_PAGE)).status, 302)
      reachedNobody()
      assert.equal((await askSignedIn('POST /dcc/', 'Content-Length: 0', ...named)).status, 200)
      const request = behind.onlyArrived()
      assert.doesNotMatch(request.raw.toString('latin1'), /public|override: get|method: get/i)
      await assertIsPerson(request)
    })

  it('H-09: what a visitor says of the address does not count', async () => {
    const claims = ['X-Forwarded-For: 203.0.113.7', 'X-Real-IP: 203.0.113.7', 'Forwarded: for=203.0.113.7']
    assert.equal((await askSignedIn('GET /ward/', ...claims)).status, 403)
    await askSignedIn('GET /dcc/', ...claims)
    assert.doesNotMatch(behind.onlyArrived().raw.toString('latin1'), /203\.0\.113/)
  })

  for (const target of ['/public/../dcc/', '/public/..%2fdcc/', '/public/%2e%2e/dcc/', '/public/..;/dcc/'])
    it(`P-01: ${target}: 400, whoever asks`, async () => {
      assert.equal((await ask(`GET ${target}`)).status, 400)
      assert.equal((await askSignedIn(`GET ${target}`)).status, 400)
      reachedNobody()
    })

  it('P-10: an address with a name in it is judged by the gate, which reads it whole', async () => {
    assert.equal((await ask(`GET https://${FRONT_NAME}/dcc/`, ...AS_PAGE)).status, 302)
    assert.equal((await ask('GET https://evil.example.test/public/a.css')).status, 400)
    reachedNobody()
  })

  it('R19: at the address where HAProxy asks is answered 404, without anybody’s identity', async () => {
    const named = ['X-Original-URI: /public/a.css', 'X-Original-Method: GET']
    for (const path of ['authz', 'authz?x', '%61uthz', 'authz/', '/authz', 'authz;x', 'AUTHZ']) {
      const answer = await askSignedIn(`GET ${PREFIX}/${path}`, ...named)
      assert.equal(answer.status, 404, path)
      assert.equal(answer.header('x-remote-user'), undefined)
    }
    reachedNobody()
  })

  it('W-01, W-03, G3: WebSockets and event streams go through the gate, and so end with their session', async () => {
    const ours = `Origin: https://${FRONT_NAME}`
    assert.equal((await ask('GET /dcc/ws', ...UPGRADE, ours)).status, 401)
    assert.equal((await askSignedIn('GET /dcc/ws', ...UPGRADE, 'Origin: https://evil.example.test')).status, 403)
    reachedNobody()
    throughGate.answerWith((_, socket) => {
      const lines = [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        ACCEPT,
        '',
        'hello',
      ]
      socket.write(lines.join('\r\n'))
      return null
    })
    const connection = await openRaw(atOf(haproxy))
    connection.write(head('GET /dcc/ws', signedIn, ...UPGRADE, ours, 'X-Remote-User: root'))
    assert.equal((await connection.answer()).status, 101)
    await eventually(() => connection.rest().toString() === 'hello', 'the first words', 5_000)
    connection.destroy()
    await assertIsPerson(throughGate.requests[0])
    throughGate.forget()
    throughGate.answerWith(echo)
    assert.equal((await askSignedIn('GET /dcc/events', 'Accept: text/event-stream')).status, 200)
    await assertIsPerson(throughGate.requests[0])
    assert.equal(behind.arrived().length, 0)
  })

  it('a request that is too large for the question is judged by the gate itself', async () => {
    const wide = Array.from({ length: 3 }, (_, at) => `X-Wide-${at}: ${'x'.repeat(9_000)}`)
    const answer = await ask('GET /dcc/', ...wide, ...AS_PAGE)
    assert.equal(answer.status, 302)
    reachedNobody()
  })

  it('G-01: brings nothing to the application while the gate does not answer', async () => {
    const gone = await startAskingHaproxy(1, behind.upstream.port)
    try {
      const answer = await sendRaw(atOf(gone), head('GET /public/a.css'))
      assert.equal(answer.status, 503)
      assert.match(answer.text, /Le service ne répond pas pour le moment/)
      reachedNobody()
    } finally {
      await gone.stop()
    }
  })
})

describe('HAProxy in front of the gate', () => {
  let behind: BehindGate
  let front: HaproxyFront

  before(async () => {
    behind = await startBehindGate({ site: { hosts: [FRONT_NAME] }, config: { listen: TRUSTING } })
    front = await startHaproxyFront(behind.gate.port)
  })
  after(async () => {
    await front.stop()
    await behind.stop()
  })

  it('speaks TLS, says whence a visitor comes whatever the visitor claims, and hands over every byte of the address', async () => {
    const visitor = createVisitor(doorstepOf(front))
    await signIn(behind.gate, visitor)
    behind.arrived()
    const target = '/dcc//a%2e;x?q=a%20b&c'
    const claims = ['X-Forwarded-For: 203.0.113.7', 'X-Real-IP: 203.0.113.7', 'Forwarded: for=203.0.113.7']
    const cookie = `Cookie: ${visitor.cookieHeader()}`
    assert.equal((await sendRaw(atOf(front), head(`GET ${target}`, cookie, ...claims))).status, 200)
    const request = behind.onlyArrived()
    assert.equal(request.target, target)
    assert.deepEqual(request.all('x-forwarded-for'), ['127.0.0.1'])
    assert.deepEqual(request.all('x-remote-user'), [PERSON.login])
  })

  it('R-10: sends pages of plain HTTP to the right address, and refuses forms', async () => {
    const plain = { port: front.httpPort }
    const page = await sendRaw(plain, head('GET /dcc/?a=b'))
    assert.deepEqual([page.status, page.header('location')], [308, `https://${FRONT_NAME}/dcc/?a=b`])
    assert.equal((await sendRaw(plain, head('POST /dcc/', 'Content-Length: 0'))).status, 403)
  })
})
