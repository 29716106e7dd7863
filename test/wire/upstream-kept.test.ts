import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { listen } from '../kit/ports.ts'
import { openRaw, sendRaw, type RawAnswer } from '../kit/raw-http.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { plainAnswer } from '../kit/upstream.ts'

/** Connections that the application keeps open, and closes just when a request is on its way on one (U-04). */

const close = (socket: Socket) => void socket.destroy()
const reset = (socket: Socket) => void socket.resetAndDestroy()
const end = (socket: Socket) => void socket.end()

describe('a kept connection that the application closes under a request', () => {
  let behind: BehindGate

  before(async () => {
    // With one connection it is sure which one the next request meets.
    behind = await startBehindGate({ patience: { connections: 1, 'first-byte': '1s' } })
  })
  beforeEach(() => behind.arrived())
  after(() => behind.stop())

  /** One request is answered and its connection kept; what comes next meets `breaking` as often as told, then an answer. */
  const keepThenBreak = async (breaking: (socket: Socket) => void, times = 1): Promise<void> => {
    behind.upstream.answerWith(() => plainAnswer('200 OK', 'first'))
    assert.equal((await behind.askSignedIn('GET /dcc/first')).status, 200)
    behind.arrived()
    let broken = 0
    behind.upstream.answerWith((_request, socket) => {
      if (broken === times) return plainAnswer('200 OK', 'again')
      broken += 1
      breaking(socket)
      return null
    })
  }
  const seen = () => behind.arrived().map(({ startLine, connection }) => ({ startLine, connection }))

  const assertRepeated = (start: string, answer: RawAnswer): void => {
    assert.equal(answer.status, 200)
    assert.equal(answer.text, start.startsWith('HEAD') ? '' : 'again')
    const [first, second, ...more] = seen()
    assert.equal(first?.startLine, `${start} HTTP/1.1`)
    assert.equal(second?.startLine, first.startLine)
    assert.notEqual(second.connection, first.connection)
    assert.deepEqual(more, [])
  }
  const assertOnce = (answer: RawAnswer, status = 502): void => {
    assert.equal(answer.status, status)
    assert.equal(seen().length, 1)
  }

  for (const [how, breaking] of [
    ['closed', close],
    ['reset', reset],
    ['half-closed', end],
  ] as const) {
    it(`U-04: ${how}: what only looks is asked for once more, on a connection of its own`, async () => {
      for (const start of ['GET /dcc/?a=1', 'HEAD /dcc/', 'OPTIONS /dcc/']) {
        await keepThenBreak(breaking)
        assertRepeated(start, await behind.askSignedIn(start, ...AS_PAGE))
      }
    })

    it(`U-04, U-01: ${how}: what may change something is sent exactly once`, async () => {
      for (const start of ['POST /dcc/', 'PUT /dcc/', 'PATCH /dcc/', 'DELETE /dcc/']) {
        await keepThenBreak(breaking)
        assertOnce(await behind.askSignedIn(start, 'Content-Length: 0', ...AS_PAGE))
      }
      for (const start of ['POST /dcc/', 'GET /dcc/']) {
        await keepThenBreak(breaking)
        const request = behind.request(start, behind.signedIn, 'Content-Length: 5')
        assertOnce(await sendRaw(behind.at, `${request}hello`))
      }
    })

    it(`U-04: ${how} behind the first byte of an answer: it is not asked for again`, async () => {
      for (const begun of ['H', 'HTTP/1.1 200 OK\r\nX-A: 1\r\n', 'HTTP/1.1 103 Early Hints\r\n\r\n']) {
        await keepThenBreak((socket) => socket.write(begun, () => setTimeout(breaking, 30, socket)))
        const answer = await behind.askSignedIn('GET /dcc/')
        assert.equal(answer.status, 502)
        assert.equal(seen().length, 1, JSON.stringify(begun))
      }
    })
  }

  it('U-04: the second time is the last one', async () => {
    await keepThenBreak(close, 5)
    assert.equal((await behind.askSignedIn('GET /dcc/')).status, 502)
    assert.equal(seen().length, 2)
  })

  it('U-04: a new connection that is closed without an answer tells of an application that is broken: once', async () => {
    behind.upstream.answerWith((_request, socket) => {
      socket.destroy()
      return null
    })
    // The first one ends whatever connection was kept before.
    await behind.askSignedIn('POST /dcc/', 'Content-Length: 0')
    behind.arrived()
    assertOnce(await behind.askSignedIn('GET /dcc/'))
  })

  it('U-04: silence on a kept connection is no closed one: once, 504', async () => {
    await keepThenBreak(() => undefined)
    assertOnce(await behind.askSignedIn('GET /dcc/'), 504)
  })

  it('U-04: a visitor who has left is not asked for again', async () => {
    const leaving = await openRaw(behind.at)
    await keepThenBreak((socket) => {
      leaving.destroy()
      setTimeout(close, 50, socket)
    })
    leaving.write(behind.request('GET /dcc/', behind.signedIn))
    await behind.upstream.nextRequest()
    await pause(200)
    assert.equal(seen().length, 1)
  })

  it('U-04: sparse requests to an application that closes after 60 ms: nobody notices, and no form is sent twice', async () => {
    const forms = new Map<string, number>()
    const server = createHttpServer((request, response) => {
      const { url = '', method } = request
      if (method === 'POST') forms.set(url, (forms.get(url) ?? 0) + 1)
      request.resume().once('end', () => response.end('served'))
    })
    // It says nothing of how long it keeps a connection.
    server.keepAliveTimeout = 60
    server.keepAliveTimeoutBuffer = 0
    server.on('request', (_request, response) => response.setHeader('Connection', 'keep-alive'))
    const sparse = await startBehindGate({ application: `http://127.0.0.1:${await listen(server)}` })
    try {
      const ask = async (nth: number): Promise<void> => {
        await pause(nth * 7)
        for (let round = 0; round < 12; round += 1) {
          const method = (nth + round) % 3 === 0 ? 'POST' : 'GET'
          const answer = await sparse.askSignedIn(`${method} /dcc/${nth}-${round}`, 'Content-Length: 0')
          if (method === 'GET') assert.equal(answer.status, 200)
          else assert.ok([200, 502].includes(answer.status), `${answer.status}`)
          await pause(55 + ((nth * 13 + round * 5) % 11))
        }
      }
      await Promise.all(Array.from({ length: 20 }, (_, nth) => ask(nth)))
      assert.ok(forms.size > 50)
      assert.deepEqual(
        [...forms].filter(([, times]) => times !== 1),
        [],
      )
    } finally {
      await sparse.stop()
      server.close()
      server.closeAllConnections()
    }
  })
})

describe('over TLS', () => {
  it('U-04: a kept connection that is closed under a request is told from a new one there too', async () => {
    using folder = createTempFolder()
    const { cert, key } = makeCertificate('dcc.example.test')
    const ca = join(folder.path, 'ca.pem')
    await writeFile(ca, cert)
    const seen: string[] = []
    const server = createHttpsServer({ cert, key }, (request, response) => {
      const asked = `${request.method} ${request.url}`
      const isBroken = asked !== 'GET /' && !seen.includes(asked)
      seen.push(asked)
      if (isBroken) setTimeout(() => request.socket.destroy(), 50)
      else response.end('served')
    })
    const port = await listen(server)
    const behind = await startBehindGate({ application: `https://127.0.0.1:${port}`, patience: { connections: 1, ca } })
    try {
      const ask = async (start: string) => (await behind.askSignedIn(start, 'Content-Length: 0')).status
      assert.equal(await ask('GET /'), 200)
      assert.equal(await ask('GET /kept'), 200)
      // The second time was on a connection that is not kept.
      assert.equal(await ask('GET /new'), 502)
      assert.equal(await ask('GET /'), 200)
      assert.equal(await ask('POST /'), 502)
      assert.deepEqual(seen, ['GET /', 'GET /kept', 'GET /kept', 'GET /new', 'GET /', 'POST /'])
    } finally {
      await behind.stop()
      server.close()
      server.closeAllConnections()
    }
  })
})

describe('how long connections are kept', () => {
  let behind: BehindGate

  before(async () => {
    behind = await startBehindGate({ patience: { connections: 1 } })
  })
  beforeEach(() => behind.arrived())
  after(() => behind.stop())

  /** Which connection served each of three requests, with a pause before the second and before the third. */
  const served = async (headers: readonly string[], pauses: readonly [number, number]): Promise<number[]> => {
    behind.upstream.answerWith(() => plainAnswer('200 OK', '', headers))
    await behind.askSignedIn('GET /dcc/1')
    for (const milliseconds of pauses) {
      await pause(milliseconds)
      await behind.askSignedIn('GET /dcc/')
    }
    return behind.arrived().map(({ connection }) => connection)
  }

  it('U-04: one of which the application says how long it keeps it is left two seconds earlier', async () => {
    const [first, second, third] = await served(['Keep-Alive: timeout=3'], [100, 1_500])
    assert.equal(second, first)
    assert.notEqual(third, second)
  })

  it('U-04: one that it keeps for two seconds only, or closes, is not used again', async () => {
    for (const header of ['Keep-Alive: timeout=2, max=100', 'Connection: close']) {
      const [first, second, third] = await served([header], [0, 0])
      assert.equal(new Set([first, second, third]).size, 3, header)
    }
  })

  it('U-04: one of which it says nothing serves what comes within the next seconds', async () => {
    const connections = await served([], [100, 100])
    assert.equal(new Set(connections).size, 1)
  })
})
