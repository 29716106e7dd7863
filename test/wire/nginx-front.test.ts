import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { after, before, beforeEach, describe, it } from 'node:test'
import { connect as connectTls, TLSSocket, type ConnectionOptions } from 'node:tls'
import { FRONT_NAME, startNginxFront, type NginxFront } from '../kit/nginx-front.ts'
import { listen } from '../kit/ports.ts'
import { openRaw, sendRaw, type RawTarget } from '../kit/raw-http.ts'
import { echo, plainAnswer, startRawUpstream, type RawUpstream } from '../kit/upstream.ts'

/** The shipped nginx sample with a recorder where the gate stands: what the gate receives from it, to the byte. */

let gate: RawUpstream
let front: NginxFront

before(async () => {
  gate = await startRawUpstream()
  front = await startNginxFront(gate.port)
})

beforeEach(() => {
  gate.forget()
  gate.answerWith(echo)
})

after(async () => {
  await front.stop()
  await gate.stop()
})

const visitor = (options: ConnectionOptions = {}): RawTarget => ({
  port: front.httpsPort,
  tls: { ca: front.ca, servername: FRONT_NAME, ...options },
})

const get = (target: string, ...headers: readonly string[]): string =>
  [`GET ${target} HTTP/1.1`, `Host: ${FRONT_NAME}`, ...headers, '', ''].join('\r\n')

describe('the nginx sample hands requests over unchanged', () => {
  for (const target of [
    '/dcc/ui/patient.jsp?id=1024&onglet=rcp&q=a+b%20c%26d',
    '/dcc//ui///x;jsessionid=0?a=//b',
    '/dcc/%C5%92uvre%20%2e/~a!$&%27()*+,=:@?%',
    '/dcc/%2e%2e/admin',
    '/dcc/x%2fy%5cz?back=%2F%2Fevil',
  ]) {
    it(`P-05: the request target ${target}`, async () => {
      await sendRaw(visitor(), get(target))
      assert.equal((await gate.nextRequest()).target, target)
    })
  }

  it('the Host as the visitor wrote it, for the gate to judge', async () => {
    await sendRaw(visitor(), `GET / HTTP/1.1\r\nHost: ${FRONT_NAME}:8443\r\n\r\n`)
    assert.equal((await gate.nextRequest()).header('host'), `${FRONT_NAME}:8443`)
  })

  it('cookies, conditions and other headers of the visitor', async () => {
    await sendRaw(visitor(), get('/', 'Cookie: a=1; b="2"', 'If-None-Match: W/"x"', 'X-GWT-Permutation: H'))
    const request = await gate.nextRequest()
    assert.equal(request.header('cookie'), 'a=1; b="2"')
    assert.equal(request.header('if-none-match'), 'W/"x"')
    assert.equal(request.header('x-gwt-permutation'), 'H')
  })

  it('over HTTP/2 as over HTTP/1.1', async () => {
    const session = connectHttp2(`https://${FRONT_NAME}`, {
      createConnection: () =>
        connectTls({
          port: front.httpsPort,
          host: '127.0.0.1',
          ca: front.ca,
          servername: FRONT_NAME,
          ALPNProtocols: ['h2'],
        }),
    })
    const stream = session.request({ ':authority': FRONT_NAME, ':path': '/dcc//x?q=%20', cookie: 'a=1' })
    stream.resume()
    await once(stream, 'end')
    session.close()
    const request = await gate.nextRequest()
    assert.deepEqual(
      [request.target, request.header('host'), request.header('cookie')],
      ['/dcc//x?q=%20', FRONT_NAME, 'a=1'],
    )
  })
})

describe('the nginx sample says who the visitor is, and lets nobody else say it', () => {
  it('H-09: writes the address over what the visitor claims, and empties the other ways of claiming it', async () => {
    const claims = ['X-Forwarded-For: 192.0.2.1', 'X-Forwarded-For: 192.0.2.2', 'X-Real-IP: 192.0.2.3']
    await sendRaw(
      visitor(),
      get('/', ...claims, 'Forwarded: for=192.0.2.4', 'X-Forwarded-Host: evil.example.test', 'X-Forwarded-Proto: http'),
    )
    const request = await gate.nextRequest()
    assert.deepEqual(request.all('x-forwarded-for'), ['127.0.0.1'])
    assert.deepEqual(request.all('x-forwarded-proto'), ['https'])
    for (const name of ['x-real-ip', 'forwarded', 'x-forwarded-host']) assert.deepEqual(request.all(name), [], name)
  })

  it('H-03: drops header names with an underscore', async () => {
    await sendRaw(visitor(), get('/', 'X_Remote_User: root', 'X_Portillon_Assertion: x'))
    const { raw } = await gate.nextRequest()
    assert.doesNotMatch(raw.toString('latin1'), /root|x_/i)
  })

  it('P-16: is not steered by X-Accel-Redirect, and rewrites no Location', async () => {
    gate.answerWith(() =>
      plainAnswer('302 Found', 'x', ['X-Accel-Redirect: /etc/passwd', 'Location: http://127.0.0.1:1/dcc/?a=b']),
    )
    const answer = await sendRaw(visitor(), get('/'))
    assert.deepEqual([answer.status, answer.header('location')], [302, 'http://127.0.0.1:1/dcc/?a=b'])
  })

  it('G-08: speaks TLS 1.3, refuses old TLS and names that are not ours', async () => {
    // Without the lower security level the client's own library would refuse, and the front would not be asked.
    const old = visitor({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
    await assert.rejects(openRaw(old), /alert protocol version/i)
    const connection = await openRaw(visitor())
    assert.equal(connection.socket instanceof TLSSocket && connection.socket.getProtocol(), 'TLSv1.3')
    connection.destroy()
    await assert.rejects(openRaw(visitor({ servername: 'other.example.test' })), /unrecognized name/)
  })

  it('X-10: keeps the query of a record out of its log', async () => {
    await sendRaw(visitor(), get('/dcc/ui/patient.jsp?id=canary-1024'))
    // A line is written after its answer; with one worker it is there when the next answer is.
    await sendRaw(visitor(), get('/'))
    assert.match(front.accessLog(), /"GET \/dcc\/ui\/patient\.jsp" 200/)
    assert.doesNotMatch(front.accessLog(), /canary/)
  })
})

describe('the nginx sample holds nothing back', () => {
  it('U-09: passes the first event of a stream while the stream goes on', async () => {
    let finish = (): void => {}
    gate.answerWith((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\n')
      finish = () => void socket.end('data: 2\n\n')
      return null
    })
    const connection = await openRaw(visitor())
    connection.write(get('/dcc/events'))
    while (!connection.rest().includes('data: 1\n')) await once(connection.socket, 'data')
    finish()
    assert.equal((await connection.answer()).text, 'data: 1\n\ndata: 2\n\n')
    connection.destroy()
  })

  it('U-08: passes the start of an upload while the rest is still to come, and all of it', async () => {
    const bytes = randomBytes(300_000)
    const hash = createHash('sha256')
    const server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => hash.update(chunk))
      request.on('end', () => response.end(hash.digest('hex')))
    })
    const ownFront = await startNginxFront(await listen(server))
    const connection = await openRaw({
      ...visitor(),
      port: ownFront.httpsPort,
      tls: { ...visitor().tls, ca: ownFront.ca },
    })
    const started = once(server, 'request') as Promise<[IncomingMessage]>
    connection.write(`POST /dcc/upload HTTP/1.1\r\nHost: ${FRONT_NAME}\r\nContent-Length: ${bytes.length}\r\n\r\n`)
    connection.write(bytes.subarray(0, 100_000))
    const [request] = await started
    assert.equal(request.complete, false)
    connection.write(bytes.subarray(100_000))
    assert.equal((await connection.answer()).text, createHash('sha256').update(bytes).digest('hex'))
    connection.destroy()
    await ownFront.stop()
    server.close()
  })

  it('W-05: carries a WebSocket handshake and what follows it, both ways', async () => {
    gate.answerWith((_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello')
      socket.on('data', (bytes: Buffer) => socket.write(bytes))
      return null
    })
    const connection = await openRaw(visitor())
    connection.write(
      get('/dcc/ws', 'Connection: keep-alive, Upgrade', 'Upgrade: websocket', 'Origin: https://dcc.example.test'),
    )
    assert.equal((await connection.answer()).status, 101)
    const request = await gate.nextRequest()
    assert.deepEqual([request.header('upgrade'), request.header('connection')], ['websocket', 'upgrade'])
    assert.equal(request.header('origin'), 'https://dcc.example.test')
    connection.write('back')
    while (connection.rest().toString() !== 'helloback') await once(connection.socket, 'data')
    connection.destroy()
  })

  it('keeps its connection to the gate for the next request', async () => {
    await sendRaw(visitor(), get('/one'))
    const first = await gate.nextRequest()
    await sendRaw(visitor(), get('/two'))
    assert.equal((await gate.nextRequest()).connection, first.connection)
  })
})

describe('the nginx sample at its edges', () => {
  it('R-10: sends pages from plain HTTP to the configured name, and refuses to repeat anything else', async () => {
    const plain = { port: front.httpPort }
    const page = await sendRaw(plain, 'GET /dcc/?a=%20b HTTP/1.1\r\nHost: evil.example.test\r\n\r\n')
    assert.deepEqual([page.status, page.header('location')], [308, `https://${FRONT_NAME}/dcc/?a=%20b`])
    const post = await sendRaw(plain, `POST /login HTTP/1.1\r\nHost: ${FRONT_NAME}\r\nContent-Length: 0\r\n\r\n`)
    assert.equal(post.status, 403)
    assert.equal(gate.requests.length, 0)
  })

  it('passes an error page of the gate through', async () => {
    gate.answerWith(() => plainAnswer('502 Bad Gateway', 'the page of the gate'))
    const answer = await sendRaw(visitor(), get('/'))
    assert.deepEqual([answer.status, answer.text], [502, 'the page of the gate'])
  })

  it('U-01: says in French that nobody answers, and sends a POST only once', async () => {
    gate.answerWith((_, socket) => {
      socket.destroy()
      return null
    })
    const answer = await sendRaw(visitor(), `POST / HTTP/1.1\r\nHost: ${FRONT_NAME}\r\nContent-Length: 2\r\n\r\nab`)
    assert.equal(answer.status, 503)
    assert.match(answer.text, /Le service ne répond pas pour le moment/)
    assert.equal(gate.requests.length, 1)
  })
})
