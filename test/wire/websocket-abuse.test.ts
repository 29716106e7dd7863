import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { listen } from '../kit/ports.ts'
import { openRaw, type RawConnection } from '../kit/raw-http.ts'

/** An open WebSocket as a burden: too many headers, frames without measure, floods, ends that are gone or take nothing. */

const HANDSHAKE = [
  ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Origin: https://dcc.example.test'],
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nServer: x\r\n\r\n'

/** An application that switches and then does as a test says; the recorder would keep all that it is sent. */
const startApplication = async () => {
  let behave: (socket: Socket) => void = () => undefined
  let handshakes = 0
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => {
      handshakes += 1
      socket.write(SWITCHED)
      behave(socket)
    })
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    behaveAs: (next: (socket: Socket) => void) => {
      behave = next
    },
    handshakes: () => handshakes,
    stop: () => server.close(),
  }
}

const IDLE = 1_500

describe('W-06: abuse of a WebSocket', () => {
  let application: Awaited<ReturnType<typeof startApplication>>
  let behind: BehindGate

  before(async () => {
    application = await startApplication()
    behind = await startBehindGate({ application: application.url, patience: { idle: `${IDLE}ms` } })
  })
  after(async () => {
    await behind.stop()
    application.stop()
  })

  const open = async (): Promise<RawConnection> => {
    const connection = await openRaw(behind.at)
    connection.write(behind.request('GET /ws', behind.signedIn, ...HANDSHAKE))
    const answer = await connection.answer()
    assert.equal(answer.status, 101)
    assert.equal(answer.header('server'), undefined, 'W-08: nor does the switch name a product')
    return connection
  }

  it('W-06: a handshake with 1,000 headers is refused with 431 and reaches nobody', async () => {
    const before = application.handshakes()
    const headers = Array.from({ length: 1_000 }, (_, at) => `a${at}: 1`)
    const [answer, ...more] = await behind.untilClosed(
      behind.request('GET /ws', behind.signedIn, ...HANDSHAKE, ...headers),
    )
    assert.deepEqual([answer?.status, more.length], [431, 0])
    assert.equal(application.handshakes(), before)
  })

  it('W-06: a frame of 200 MB passes without being kept: the process does not grow by it', async () => {
    let received = 0
    const whole = new Promise<void>((done) => {
      application.behaveAs((socket) => {
        socket.on('data', (bytes: Buffer) => {
          received += bytes.length
          if (received >= SIZE + HEAD) done()
        })
      })
    })
    const SIZE = 200 * 1_048_576
    const head = Buffer.alloc(14)
    head[0] = 0x82
    head[1] = 0x80 | 127
    head.writeBigUInt64BE(BigInt(SIZE), 2)
    const HEAD = head.length
    const connection = await open()
    const before = process.memoryUsage()
    let most = 0
    connection.write(head)
    const piece = Buffer.alloc(1_048_576)
    for (let sent = 0; sent < SIZE; sent += piece.length) {
      if (!connection.socket.write(piece)) await new Promise((drained) => connection.socket.once('drain', drained))
      const { arrayBuffers, heapUsed } = process.memoryUsage()
      most = Math.max(most, arrayBuffers + heapUsed - before.arrayBuffers - before.heapUsed)
    }
    await whole
    connection.destroy()
    assert.equal(received, SIZE + HEAD)
    // Visitor and application of the test live in this process too.
    assert.ok(most < 100_000_000, `${Math.round(most / 1_048_576)} MB were held`)
  })

  it('W-06: who sends pings and takes no pongs is held back, then cut off, and the application with them', async () => {
    const gone = new Promise<void>((done) => {
      application.behaveAs((socket) => {
        socket.on('data', (bytes: Buffer) => {
          // An application answers every ping, and stops reading while nobody takes its answers.
          if (!socket.write(bytes)) {
            socket.pause()
            socket.once('drain', () => socket.resume())
          }
        })
        socket.once('close', () => done())
      })
    })
    const connection = await open()
    connection.socket.pause()
    connection.socket.on('error', () => undefined)
    const ping = Buffer.from([0x89, 0x84, 1, 2, 3, 4, 1, 2, 3, 4])
    const flood = Buffer.alloc(65_536 - (65_536 % ping.length), ping)
    const before = process.memoryUsage().arrayBuffers
    const over = new AbortController()
    void gone.then(() => over.abort())
    let most = 0
    const started = performance.now()
    while (!over.signal.aborted) {
      assert.ok(performance.now() - started < 60_000, 'nobody was cut off')
      if (connection.socket.writableLength < 1_000_000) connection.socket.write(flood)
      await new Promise((turn) => setTimeout(turn, 1))
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    }
    connection.destroy()
    assert.ok(most < 60_000_000, `${Math.round(most / 1_048_576)} MB were held`)
  })

  it('W-06: a visitor who reads nothing of what the application says is cut off, and so is the application', async () => {
    const gone = new Promise<void>((done) => {
      application.behaveAs((socket) => {
        const talk = () => {
          while (socket.writable && socket.write(Buffer.alloc(65_536))) continue
        }
        socket.on('drain', talk)
        socket.once('close', () => done())
        talk()
      })
    })
    const connection = await open()
    connection.socket.pause()
    await gone
    connection.destroy()
  })

  it('W-06: silence is no fault: after more than the limit the conversation goes on', async () => {
    application.behaveAs((socket) => socket.on('data', (bytes: Buffer) => socket.write(bytes)))
    const connection = await open()
    await new Promise((later) => setTimeout(later, IDLE * 2))
    connection.write('still here')
    while (connection.rest().length < 10) {
      assert.ok(!(await connection.closed(10)), 'the silent end was cut off')
    }
    assert.equal(connection.rest().toString(), 'still here')
    connection.destroy()
  })

  it('W-06: the kernel asks both ends whether they are still there: the probes are set to half a minute', async () => {
    application.behaveAs(() => undefined)
    const connection = await open()
    // Local and remote port, the kind of timer (2: keep-alive) and what is left of it, in hundredths of a second.
    const timers = readFileSync('/proc/net/tcp', 'latin1')
      .split('\n')
      .flatMap((line) => {
        const found = /^\s*\d+: \w+:(\w{4}) \w+:(\w{4}) 01 \w+:\w+ (\w\w):(\w+)/.exec(line)
        if (found === null) return []
        const [local = '', remote = '', kind = '', left = ''] = found.slice(1)
        return [{ local: parseInt(local, 16), remote: parseInt(remote, 16), kind, left: parseInt(left, 16) }]
      })
    const visitor = timers.find(
      ({ local, remote }) => local === behind.gate.port && remote === connection.socket.localPort,
    )
    const inner = timers.filter(({ remote }) => remote === application.port)
    for (const timer of [visitor, ...inner]) {
      assert.equal(timer?.kind, '02', 'no keep-alive on the connection')
      assert.ok(timer.left <= 3_000, `${timer.left / 100} s`)
    }
    assert.ok(inner.length > 0)
    connection.destroy()
  })
})
