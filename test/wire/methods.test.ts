import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { connect } from 'node:tls'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, assertDressed, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { startGate } from '../kit/gate.ts'
import { listen } from '../kit/ports.ts'
import { openRaw, sendRaw } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'
import { createVisitor, signIn } from '../kit/visitor.ts'

/** Methods, expectations and other protocols: what the gate serves, what it answers by itself, and what opens nothing. */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    site: { rules: [{ id: 'public', match: { path: '/public/**' }, allow: 'anyone' }] },
  })
})

beforeEach(() => {
  behind.arrived()
  behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
})

after(() => behind.stop())

const SECOND = 'GET /public/smuggled HTTP/1.1\r\nHost: dcc.example.test\r\n\r\n'

const post = (...headers: readonly string[]) => behind.request('POST /public/first', behind.signedIn, ...headers)

/** An application that answers a form as soon as it has read its header section, and never reads the body as such. */
const startEarly = async (status: string) => {
  const heads: string[] = []
  const server = createServer((socket) => {
    let isDeaf = false
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      if (isDeaf) return
      const [head = ''] = bytes.toString('latin1').split('\r\n', 1)
      heads.push(head)
      isDeaf = head.startsWith('POST')
      socket.write(plainAnswer(isDeaf ? status : '200 OK', isDeaf ? 'early' : head.replace(' HTTP/1.1', '')))
    })
  })
  const early = await startBehindGate({ application: `http://127.0.0.1:${await listen(server)}` })
  return {
    behind: early,
    heads: () => heads,
    stop: async () => {
      await early.stop()
      server.close()
    },
  }
}

describe('methods', () => {
  for (const method of [
    'TRACE',
    'TRACK',
    'PROPFIND',
    'LOCK',
    'PURGE',
    'M-SEARCH',
    'get',
    'Get',
    'FOO',
    'X'.repeat(4_096),
  ]) {
    it(`F-15: ${method.slice(0, 10)} is answered 501 by the gate`, async () => {
      for (const ask of [behind.ask, behind.askSignedIn]) {
        const answer = await ask(`${method} /public/first`)
        assert.equal(answer.status, 501)
        assertDressed(answer, answer.header('strict-transport-security') !== undefined)
      }
      assert.equal(behind.arrived().length, 0)
    })
  }

  it('F-15: CONNECT and the preface of HTTP/2 get an answer and no tunnel', async () => {
    for (const start of ['CONNECT 127.0.0.1:22', 'CONNECT dcc.example.test:443', 'CONNECT /dcc/', 'PRI *']) {
      const [answer, ...more] = await behind.untilClosed(behind.request(start, behind.signedIn) + SECOND)
      assert.ok([400, 405, 501].includes(answer?.status ?? 0), start)
      assert.equal(more.length, 0, start)
    }
    assert.equal(behind.arrived().length, 0)
  })

  it('F-15: a page of the gate says which methods it has', async () => {
    const answer = await behind.ask('DELETE /_portillon/sign-in')
    assert.equal(answer.status, 405)
    assert.equal(answer.header('allow'), 'GET, HEAD, POST')
    assertDressed(answer)
  })

  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'POST']) {
    it(`${method} with a body arrives as it was sent`, async () => {
      await sendRaw(behind.at, `${behind.request(`${method} /dcc/`, behind.signedIn, 'Content-Length: 5')}hello`)
      const request = behind.onlyArrived()
      assert.equal(request.startLine, `${method} /dcc/ HTTP/1.1`)
      assert.equal(request.text, 'hello')
    })
  }

  it('F-10: a handshake with a body is refused: to one reader it is a request, to the next a frame', async () => {
    const handshake = [
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Origin: https://dcc.example.test'],
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ]
    for (const framing of [`Content-Length: ${SECOND.length}`, 'Transfer-Encoding: chunked']) {
      const bytes = behind.request('GET /dcc/ws', behind.signedIn, ...handshake, framing) + SECOND
      const [answer, ...more] = await behind.untilClosed(bytes)
      assert.deepEqual([answer?.status, more.length], [400, 0])
    }
    assert.deepEqual(behind.arrived(), [])
  })

  it('F-11: Expect is answered by the gate, an unknown one included, and does not travel on', async () => {
    const connection = await openRaw(behind.at)
    connection.write(post('Content-Length: 5', 'Expect: 100-continue'))
    assert.equal((await connection.answer()).status, 100)
    connection.write('hello')
    assert.equal((await connection.answer()).status, 200)
    connection.destroy()
    assert.equal(behind.onlyArrived().header('expect'), undefined)
    const odd = await behind.askSignedIn('GET /dcc/', 'Expect: the-unexpected')
    assert.ok([200, 417].includes(odd.status))
    if (odd.status === 417) assertDressed(odd)
    for (const request of behind.arrived()) assert.equal(request.header('expect'), undefined)
  })

  for (const status of ['401 Unauthorized', '417 Expectation Failed'] as const) {
    it(`F-11: the application answers ${status} at once, the body comes all the same: the next request gets its own answer`, async () => {
      const early = await startEarly(status)
      try {
        const connection = await openRaw(early.behind.at)
        const big = SECOND.repeat(2_000)
        const headers = [early.behind.signedIn, `Content-Length: ${big.length}`, 'Expect: 100-continue']
        connection.write(early.behind.request('POST /public/first', ...headers))
        assert.equal((await connection.answer()).status, 100)
        connection.write(big.slice(0, 1_000))
        const answer = await connection.answer()
        assert.equal(answer.startLine, `HTTP/1.1 ${status}`)
        connection.write(big.slice(1_000))
        connection.write(early.behind.request('GET /public/real', early.behind.signedIn))
        // The gate may end a connection of which it has not read everything; what it answers is the real request.
        const next = await connection.answer().catch(() => early.behind.askSignedIn('GET /public/real'))
        assert.deepEqual([next.status, next.text], [200, 'GET /public/real'])
        for (let round = 0; round < 5; round += 1)
          assert.equal((await early.behind.askSignedIn(`GET /public/${round}`)).text, `GET /public/${round}`)
        assert.deepEqual(
          early.heads().filter((head) => head.includes('smuggled')),
          [],
        )
        connection.destroy()
      } finally {
        await early.stop()
      }
    })
  }
})

describe('F-19: HTTP/2, which the gate does not speak', () => {
  /** Connection preface, SETTINGS, and HEADERS of a GET for /dcc/ (RFC 9113 §3.4). */
  const PREFACE = Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    Buffer.from('000000040000000000', 'hex'),
    Buffer.from('00000b010500000001828487', 'hex'),
    Buffer.from('8541052f6463632f', 'hex'),
  ])

  it('F-19: the preface, with what follows it, is refused once in HTTP/1.1, and the connection ends', async () => {
    for (const bytes of [PREFACE, PREFACE.subarray(0, 24), Buffer.concat([PREFACE, Buffer.alloc(100_000)])]) {
      const [answer, ...more] = await behind.untilClosed(bytes.toString('latin1'))
      assert.deepEqual([answer?.status, more.length], [400, 0])
      assert.equal(answer?.header('x-portillon'), 'request-malformed')
    }
    assert.deepEqual(behind.arrived(), [])
    const line = behind.gate.log.findLast(({ message }) => message === 'request refused')
    assert.match(String(line?.fields['detail']), /^http-2\b/)
  })

  it('F-19: a flood of frames that open and reset streams finds nobody', async () => {
    const reset = Buffer.from('000004030000000001000000080000040800000000007fffffff', 'hex')
    const connection = await openRaw(behind.at)
    connection.write(PREFACE)
    for (let round = 0; round < 200 && !connection.socket.destroyed; round += 1) connection.write(reset)
    assert.ok(await connection.closed())
    connection.destroy()
    assert.equal((await behind.ask('GET /public/first')).status, 200)
  })

  it('F-18, F-19: an offer to upgrade is an ordinary request, in every spelling, and its answer switches nothing', async () => {
    for (const offer of [
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
      ['Connection: upgrade, http2-settings', 'Upgrade: H2C, websocket', 'HTTP2-Settings: x'],
      ['Connection: Upgrade', 'Upgrade: h2c', 'HTTP2-Settings: x'],
      ['Upgrade: h2c'],
      ['Connection: Upgrade', 'Upgrade: h2, h2c', 'Upgrade: TLS/1.3'],
    ]) {
      assert.equal((await behind.ask('GET /dcc/', ...AS_PAGE, ...offer)).status, 302)
      const connection = await openRaw(behind.at)
      const behindIt = PREFACE.toString('latin1') + SECOND
      connection.write(behind.request('GET /dcc/', behind.signedIn, ...offer) + behindIt)
      assert.equal((await connection.answer()).status, 200)
      assert.ok(await connection.closed(), 'what follows is no request')
      assert.equal(connection.rest().length, 0)
      connection.destroy()
      const request = behind.onlyArrived()
      for (const name of ['upgrade', 'http2-settings']) assert.equal(request.header(name), undefined, name)
    }
  })

  it('F-18: an application that switches without being asked opens nothing', async () => {
    behind.upstream.answerWith((_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
      return null
    })
    const answer = await behind.askSignedIn('GET /dcc/', 'Connection: Upgrade', 'Upgrade: h2c')
    assert.equal(answer.status, 502)
    const handshake = [
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Origin: https://dcc.example.test'],
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ]
    const [refused, ...more] = await behind.untilClosed(behind.request('GET /ws', behind.signedIn, ...handshake))
    assert.deepEqual([refused?.status, more.length], [502, 0])
  })

  it('F-19: over TLS, HTTP/1.1 is offered alone: who takes nothing but HTTP/2 gets no connection', async () => {
    const { key, cert } = makeCertificate('dcc.example.test')
    const tls = { cert: Buffer.from(cert), key: Buffer.from(key) }
    const gate = await startGate({ upstream: behind.upstream.url, settings: { tls } })
    const visitor = createVisitor({ ...gate, ca: cert })
    const protocolOf = (ALPNProtocols: string[]) =>
      new Promise<string | false | null>((agreed, failed) => {
        const socket = connect({ port: gate.port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols })
        socket.once('secureConnect', () => {
          agreed(socket.alpnProtocol)
          socket.destroy()
        })
        socket.once('error', failed)
      })
    try {
      await assert.rejects(protocolOf(['h2']), /no application protocol/i)
      assert.equal(await protocolOf(['h2', 'http/1.1']), 'http/1.1')
      await signIn(gate, visitor)
      const at = { port: gate.port, tls: { rejectUnauthorized: false } }
      const signedIn = `Cookie: ${visitor.cookieHeader()}`
      assert.equal((await sendRaw(at, behind.request('GET /dcc/', signedIn))).status, 200)
      const connection = await openRaw(at)
      connection.write(PREFACE)
      assert.equal((await connection.answer()).status, 400)
      assert.ok(await connection.closed())
      connection.destroy()
    } finally {
      await gate.stop()
    }
  })
})
