import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { startGate, type Gate } from '../kit/gate.ts'
import { eventually } from '../kit/instance.ts'
import { startProcess } from '../kit/processes.ts'
import { openRaw, type RawConnection } from '../kit/raw-http.ts'
import { startSocketApplication, type SocketApplication } from '../kit/socket-application.ts'

/** The limits of time that the site sets, and no others: what moves may be as slow as it likes (U-06). */

const FIRST_BYTE = 1_500
const IDLE = 1_000
const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

let application: SocketApplication
let serve: (socket: Socket) => void = () => undefined

before(async () => {
  application = await startSocketApplication((socket) => serve(socket))
})
afterEach(() => application.closeAll())
after(() => application.stop())

const start = (settings: Parameters<typeof startBehindGate>[0] = {}): Promise<BehindGate> =>
  startBehindGate({
    application: application.url,
    patience: { 'first-byte': `${FIRST_BYTE}ms`, idle: `${IDLE}ms`, connect: '1s' },
    ...settings,
  })

/** Writes texts one after the other. */
const trickle = async (socket: Socket, texts: readonly string[], every: number): Promise<void> => {
  for (const text of texts) {
    if (socket.destroyed) return
    socket.write(text)
    await pause(every)
  }
}

const onRequest = (answer: (socket: Socket) => Promise<void> | void) => (socket: Socket) =>
  void socket.on('data', () => void answer(socket))

describe('an application that is slow', () => {
  let behind: BehindGate

  before(async () => {
    behind = await start()
  })
  after(() => behind.stop())

  it('U-06: one byte now and then goes on for longer than every limit', async () => {
    const bytes = Array.from({ length: 12 }, () => '1\r\nx\r\n')
    serve = onRequest((socket) => trickle(socket, [HEAD, ...bytes, '0\r\n\r\n'], 300))
    const answer = await behind.askSignedIn('GET /dcc/')
    assert.deepEqual([answer.status, answer.text], [200, 'x'.repeat(12)])
  })

  it('U-06: an answer that begins just in time is no fault', async () => {
    serve = onRequest(async (socket) => {
      await pause(FIRST_BYTE * 0.6)
      socket.write(`${HEAD}0\r\n\r\n`)
    })
    assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
  })

  it('U-06: the whole header section must come within the first limit, however it trickles', async () => {
    serve = onRequest((socket) =>
      trickle(socket, ['HTTP/1.1 200 OK\r\n', ...Array.from({ length: 20 }, () => 'X')], 200),
    )
    const started = performance.now()
    const answer = await behind.askSignedIn('GET /dcc/', ...AS_PAGE)
    assert.deepEqual([answer.status, answer.header('x-portillon')], [504, 'upstream-timeout'])
    assert.ok(performance.now() - started >= FIRST_BYTE - 50)
    await eventually(() => application.open() === 0, 'the connection to the application is closed')
  })

  it('U-07: header sections without an end are cut, by size or by time: 502 or 504', async () => {
    for (const [begun, more] of [
      ['HTTP/1.1 200 OK\r\nX: ', 'x'.repeat(60_000)],
      ['HTTP/1.1 200 OK\r\n', 'X: x\r\n'.repeat(10_000)],
      ['HTTP/1.1 200 ', 'O'.repeat(60_000)],
      [`${HEAD}5;`, 'x'.repeat(60_000)],
      [`${HEAD}0\r\nX: `, 'x'.repeat(60_000)],
    ] as const) {
      let sent = 0
      serve = onRequest((socket) => {
        socket.write(begun)
        const pour = () => {
          if (socket.destroyed) return
          sent += more.length
          socket.write(more, () => setTimeout(pour, 20))
        }
        pour()
      })
      const connection = await openRaw(behind.at)
      connection.write(behind.request('GET /dcc/', behind.signedIn, ...AS_PAGE))
      if (begun.startsWith(HEAD)) {
        assert.ok(await connection.closed())
        assert.doesNotMatch(connection.rest().toString('latin1'), /\r\n0\r\n\r\n$/)
      } else assert.ok([502, 504].includes((await connection.answer()).status))
      connection.destroy()
      await eventually(() => application.open() === 0, 'the connection to the application is closed')
      assert.ok(sent < 50_000_000)
    }
  })
})

describe('an application that cannot be connected to', () => {
  it('U-01, U-06: a machine that drops packets: 504 as page within the limit for connections', async () => {
    // A process that is stopped accepts nothing; once its queue is full, nobody answers on that port.
    const frozen = startProcess(process.execPath, [
      '-e',
      "const s=require('net').createServer().listen({port:0,host:'127.0.0.1',backlog:1},()=>console.log('port '+s.address().port))",
    ])
    const port = Number((await frozen.waitFor(/port (\d+)/))[1])
    process.kill(frozen.pid, 'SIGSTOP')
    const fillers = Array.from({ length: 6 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    await pause(100)
    const behind = await start({ application: `http://127.0.0.1:${port}` })
    try {
      const started = performance.now()
      const answer = await behind.askSignedIn('GET /dcc/', ...AS_PAGE)
      const took = performance.now() - started
      assert.deepEqual([answer.status, answer.header('x-portillon')], [504, 'upstream-timeout'])
      assert.ok(took >= 900, `${took} ms`)
      const form = await behind.askSignedIn('POST /dcc/', 'Content-Length: 0')
      assert.equal(form.status, 504)
    } finally {
      for (const socket of fillers) socket.destroy()
      await behind.stop()
      await frozen.stop('SIGKILL')
    }
  })
})

describe('a visitor who reads slowly', () => {
  const SIZE = 100_000_000
  /** More than a receiver's buffer may swallow before it says that there is room again. */
  const GULP = 6_000_000

  /** Pours so many bytes as fast as they are taken. */
  const pour = onRequest((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`)
    let left = SIZE
    const go = () => {
      while (left > 0) {
        left -= 100_000
        if (!socket.write(Buffer.alloc(100_000))) {
          socket.once('drain', go)
          return
        }
      }
    }
    go()
  })

  for (const scheme of ['http', 'https'] as const) {
    describe(`over ${scheme}`, () => {
      const certificate = makeCertificate('dcc.example.test')
      let gate: Gate

      before(async () => {
        gate = await startGate({
          upstream: application.url,
          site: {
            rules: [{ id: 'public', match: { path: '/**' }, allow: 'anyone' }],
            upstream: { url: application.url, idle: `${IDLE}ms` },
          },
          settings: { tls: scheme === 'https' ? pem(certificate) : null },
        })
      })
      after(() => gate.stop())

      const ask = async (): Promise<RawConnection> => {
        serve = pour
        const tls = scheme === 'https' ? { tls: { ca: certificate.cert, servername: gate.host } } : {}
        const connection = await openRaw({ port: gate.port, ...tls })
        connection.write(`GET /dcc/ HTTP/1.1\r\nHost: ${gate.host}\r\n\r\n`)
        return connection
      }

      it('U-08: and takes nothing at all is cut after the idle limit, and so is the request to the application', async () => {
        const connection = await ask()
        await eventually(() => application.open() === 1, 'the request is under way')
        connection.socket.pause()
        const started = performance.now()
        await eventually(() => application.open() === 0, 'the request is cancelled')
        assert.ok(performance.now() - started >= IDLE - 100)
        connection.destroy()
      })

      it('U-06, U-08: and takes a little now and then gets the whole, longer than the idle limit', async () => {
        const connection = await ask()
        let received = 0
        let wanted = 0
        connection.socket.removeAllListeners('data')
        connection.socket.on('data', (bytes: Buffer) => {
          received += bytes.length
          if (received >= wanted) connection.socket.pause()
        })
        const started = performance.now()
        while (performance.now() - started < 3 * IDLE) {
          await pause(IDLE / 3)
          wanted = received + GULP
          connection.socket.resume()
          await eventually(() => received >= wanted, 'something comes')
        }
        assert.ok(received < SIZE, 'it was not slow')
        wanted = Infinity
        connection.socket.resume()
        await eventually(() => received > SIZE, 'the whole answer')
        connection.destroy()
      })
    })
  }
})

const pem = ({ cert, key }: { readonly cert: string; readonly key: string }) => ({
  cert: Buffer.from(cert),
  key: Buffer.from(key),
})
