import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { USUAL_LIMITS } from '../../src/server/visitor-listener.ts'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { startGate, type Gate } from '../kit/gate.ts'
import { openRaw, type RawConnection } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'

/**
 * Visitors who are slow on purpose: each holds a connection for as long as it is let, and there are many of them. The times
 * are a tenth of the real ones, or less.
 */

const LIMIT = USUAL_LIMITS.headersTimeout / 10
const LIMITS = {
  ...{ headersTimeout: LIMIT, handshakeTimeout: LIMIT, readTimeout: 1_000 },
  connectionsCheckingInterval: 100,
}
/** Until the last of them must be gone: the limit, the next look at it, and a busy machine. */
const OVERDUE = LIMIT + 3_000
const CROWD = 200

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    settings: { limits: LIMITS },
    site: { rules: [{ id: 'public', match: { path: '/public/**' }, allow: 'anyone' }] },
  })
})
beforeEach(() => {
  behind.arrived()
  behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
})
after(() => behind.stop())

/** Asks again and again until it is over, and gives the longest time that an answer took, milliseconds. */
const longestMeanwhile = async (over: Promise<unknown>): Promise<number> => {
  const state = { isOver: false }
  void over.finally(() => (state.isOver = true))
  let longest = 0
  while (!state.isOver) {
    const began = performance.now()
    assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
    longest = Math.max(longest, performance.now() - began)
  }
  return longest
}

const crowd = (): Promise<RawConnection[]> => Promise.all(Array.from({ length: CROWD }, () => openRaw(behind.at)))

/** Writes a little every 100 ms until the other side has closed. @returns after how many milliseconds that was */
const drip = async (connection: RawConnection, bytes: () => string): Promise<number> => {
  const began = performance.now()
  const timer = setInterval(() => connection.write(bytes()), 100)
  const isClosed = await connection.closed(OVERDUE)
  clearInterval(timer)
  connection.destroy()
  assert.ok(isClosed, 'it was let go on')
  return performance.now() - began
}

describe('L-01: header sections that do not come to an end', () => {
  it(`L-01: ${CROWD} visitors send a header now and then: all are cut at the limit, and others are served meanwhile`, async () => {
    const slow = await crowd()
    for (const connection of slow) connection.write('GET /public/a HTTP/1.1\r\nHost: dcc.example.test\r\n')
    const cut = Promise.all(slow.map((connection) => drip(connection, () => 'X-Slow: 1\r\n')))
    const longest = await longestMeanwhile(cut)
    for (const took of await cut) assert.ok(took > LIMIT - 200, `cut after ${took} ms`)
    assert.ok(longest < 1_000, `others waited ${longest} ms`)
    assert.deepEqual(
      behind.arrived().filter(({ target }) => target === '/public/a'),
      [],
    )
  })

  it('L-01: one who stops in the middle is told so on a page with a reference, and it is in the log', async () => {
    const seen = behind.gate.log.length
    const [answer, ...more] = await behind.untilClosed('GET /public/a HTTP/1.1\r\nHost: dcc.example.test\r\nAccept: te')
    assert.deepEqual([answer?.status, more.length], [408, 0])
    const line = behind.gate.log.slice(seen).find(({ message }) => message === 'request refused')
    assert.equal(line?.fields['error'], 'request-timeout')
    assert.match(String(line.fields['detail']), /^too-slow /)
    assert.ok(answer?.text.includes(String(line.fields['reference'])))
  })

  it('L-01: nothing at all, or a start line a byte at a time, is no way round it', async () => {
    const silent = await openRaw(behind.at)
    const line = `GET /public/${'a'.repeat(1_000)} HTTP/1.1\r\n`
    let at = 0
    const slow = await openRaw(behind.at)
    await Promise.all([
      drip(slow, () => line.charAt(at++)),
      silent.closed(OVERDUE).then((isClosed) => assert.ok(isClosed, 'a silent connection was kept')),
    ])
    silent.destroy()
  })

  it('L-01: neither is a good request before, on the same connection', async () => {
    const connection = await openRaw(behind.at)
    connection.write(behind.request('GET /public/first'))
    assert.equal((await connection.answer()).status, 200)
    connection.write('GET /public/second HTTP/1.1\r\nHost: dcc.example.test\r\n')
    assert.ok((await drip(connection, () => 'X-Slow: 1\r\n')) > LIMIT - 200)
    assert.deepEqual(
      behind.arrived().map(({ target }) => target),
      ['/public/first'],
    )
  })

  it('L-01: one who is slow and still in time is served', async () => {
    const bytes = behind.request('GET /public/slow')
    const connection = await openRaw(behind.at)
    for (const part of [bytes.slice(0, 10), bytes.slice(10, 40), bytes.slice(40)]) {
      connection.write(part)
      await pause(LIMIT / 6)
    }
    assert.equal((await connection.answer()).status, 200)
    connection.destroy()
  })
})

describe('L-01: answers that nobody takes', () => {
  /** Asks so often that no buffer on the way holds all answers, reads nothing, and says when it is broken off. */
  const askAndTakeNothing = (path: string, times: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: behind.gate.port, host: '127.0.0.1' }).pause()
      const bytes = behind.request(`GET ${path}`, ...AS_PAGE)
      socket.write(bytes.repeat(times))
      // Who does not read learns of the end by writing.
      const writing = setInterval(() => socket.write(bytes), 100)
      const late = setTimeout(() => {
        socket.destroy()
        reject(new Error(`${path} was waited for`))
      }, 40_000)
      socket
        .on('error', () => undefined)
        .once('close', () => {
          clearInterval(writing)
          clearTimeout(late)
          resolve()
        })
    })

  for (const [path, times] of [
    ['/_portillon/assets/portillon.css', 1_000],
    ['/_portillon/sign-in', 2_000],
    ['/dcc/', 20_000],
  ] as const)
    it(`L-01: ${path} is held for nobody who asks for it and takes nothing`, async () => {
      await askAndTakeNothing(path, times)
      assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
    })

  it('L-01: a stream of the application that is silent for longer is not broken off', async () => {
    behind.upstream.answerWith((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n')
      socket.write(`data: ${'x'.repeat(30_000)}\n\n`)
      setTimeout(() => socket.end('data: last\n\n'), 3_000)
      return null
    })
    const answer = await behind.askSignedIn('GET /dcc/events')
    assert.match(answer.text, /data: last\n\n$/)
  })
})

describe('L-01: handshakes that do not come to an end', () => {
  let gate: Gate
  before(async () => {
    const { cert, key } = makeCertificate('dcc.example.test')
    gate = await startGate({
      upstream: behind.upstream.url,
      settings: { limits: LIMITS, tls: { cert: Buffer.from(cert), key: Buffer.from(key) } },
    })
  })
  after(() => gate.stop())

  /** The beginning of a ClientHello: a record of 512 bytes is announced. */
  const HELLO = Buffer.from('160301020001000001fc0303', 'hex')

  /** Resolves when the gate has closed. */
  const closed = (first: Buffer | null): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: gate.port, host: '127.0.0.1' })
      const drops = setInterval(() => first !== null && socket.write(Buffer.from([0])), 100)
      const late = setTimeout(() => {
        socket.destroy()
        reject(new Error('the handshake was waited for'))
      }, OVERDUE)
      socket.on('error', () => undefined)
      if (first !== null) socket.write(first)
      socket.resume().once('close', () => {
        clearInterval(drops)
        clearTimeout(late)
        resolve()
      })
    })

  it('L-01: are cut at the limit, silent ones and slow ones, while others get theirs', async () => {
    const slow = Promise.all(Array.from({ length: 60 }, (_, at) => closed(at % 2 === 0 ? null : HELLO)))
    const connection = await openRaw({ port: gate.port, tls: { rejectUnauthorized: false } })
    connection.write(`GET /_portillon/session HTTP/1.1\r\nHost: ${gate.host}\r\n\r\n`)
    assert.equal((await connection.answer()).status, 200)
    await slow
    connection.destroy()
  })

  it('O-08: noise in place of a handshake, one for another protocol and one that is broken off end that connection alone', async () => {
    const spoilt = (bytes: Buffer, isReset: boolean): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect({ port: gate.port, host: '127.0.0.1' })
        socket.on('error', () => undefined).resume()
        socket.once('close', () => resolve())
        socket.write(bytes, () => isReset && socket.resetAndDestroy())
      })
    const plain = Buffer.from('GET / HTTP/1.1\r\nHost: dcc.example.test\r\n\r\n')
    const old = Buffer.from('80 2e 01 00 02 00 15 00 00 00 10 01 00 80'.replaceAll(' ', ''), 'hex')
    const seen = gate.log.length
    await Promise.all(
      [plain, old, HELLO, Buffer.alloc(600, 0x16), Buffer.alloc(0)].flatMap((bytes) => [
        spoilt(Buffer.concat([bytes, Buffer.alloc(1)]), true),
        spoilt(Buffer.concat([bytes, Buffer.alloc(600, 0xff)]), false),
      ]),
    )
    const connection = await openRaw({ port: gate.port, tls: { rejectUnauthorized: false } })
    connection.write(`GET /_portillon/session HTTP/1.1\r\nHost: ${gate.host}\r\n\r\n`)
    assert.equal((await connection.answer()).status, 200)
    connection.destroy()
    assert.deepEqual(
      gate.log.slice(seen).filter(({ level }) => level === 'error'),
      [],
    )
  })

  it('L-01: one that is complete and brings no request is cut as well', async () => {
    const connection = await openRaw({ port: gate.port, tls: { rejectUnauthorized: false } })
    assert.ok(await connection.closed(OVERDUE))
    connection.destroy()
  })
})
