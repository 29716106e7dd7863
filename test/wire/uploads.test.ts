import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { AS_PAGE, assertDressed, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { eventually } from '../kit/instance.ts'
import { openRaw, type RawConnection } from '../kit/raw-http.ts'
import { startSocketApplication, type SocketApplication } from '../kit/socket-application.ts'
import { plainAnswer } from '../kit/upstream.ts'

/** Bodies on their way to the application: answers that come before their end, visitors and applications that stand still. */

const IDLE = 700

type Serve = (socket: Socket) => void

let application: SocketApplication
let behind: BehindGate
/** What happens on the next connections to the application. */
let serve: Serve = () => undefined

before(async () => {
  application = await startSocketApplication((socket) => serve(socket))
  behind = await startBehindGate({
    application: application.url,
    patience: { idle: `${IDLE}ms`, 'first-byte': '2s' },
  })
})
afterEach(() => application.closeAll())
after(async () => {
  await behind.stop()
  await application.stop()
})

/** Everything that has come on a connection, as one text. */
const hear = (socket: Socket): (() => string) => {
  let heard = ''
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')))
  return () => heard
}

const begin = async (...headers: readonly string[]): Promise<RawConnection> => {
  const connection = await openRaw(behind.at)
  connection.write(behind.request('POST /dcc/', behind.signedIn, ...headers))
  return connection
}

describe('an answer that comes before the upload is over', () => {
  /** Answers as soon as anything comes; reads on or not, and closes or not. */
  const early =
    (answer: string, then: (socket: Socket) => void): Serve =>
    (socket) => {
      socket.on('data', (bytes: Buffer) => {
        const text = bytes.toString('latin1')
        if (text.startsWith('GET ')) socket.write(plainAnswer('200 OK', 'of the next request'))
        if (!text.startsWith('POST ')) return
        socket.write(answer)
        then(socket)
      })
    }

  const leave = (socket: Socket): void => {
    socket.destroySoon()
  }
  const rest = (socket: Socket): void => {
    socket.pause()
    setTimeout(() => socket.resume(), 200)
  }

  for (const [how, then] of [
    ['reads on', () => undefined],
    ['reads no more for a while', rest],
    ['closes at once', leave],
  ] as const) {
    it(`U-05: 413 by an application that ${how}: the visitor reads it, the upload stops there, and the connection goes on`, async () => {
      serve = early(plainAnswer('413 Content Too Large', 'too large'), then)
      for (let round = 0; round < 5; round += 1) {
        const body = Buffer.alloc(3_000_000, 'x')
        const connection = await begin(`Content-Length: ${body.length}`)
        connection.write(body.subarray(0, 1_000_000))
        const answer = await connection.answer()
        assert.deepEqual([answer.status, answer.text], [413, 'too large'])
        await eventually(() => application.open() === 0, 'the connection to the application is closed')
        // What the visitor goes on sending reaches nobody, and is no request (F-11).
        connection.write(body.subarray(1_000_000))
        connection.write(behind.request('GET /dcc/next', behind.signedIn))
        assert.equal((await connection.answer()).text, 'of the next request')
        assert.equal(connection.rest().length, 0)
        connection.destroy()
        application.closeAll()
      }
    })
  }

  for (const status of ['401 Unauthorized', '417 Expectation Failed', '200 OK']) {
    it(`U-05, F-11: Expect: 100-continue and ${status} at once: delivered; body and next request keep apart`, async () => {
      serve = early(plainAnswer(status, 'early'), () => undefined)
      const connection = await begin('Content-Length: 50', 'Expect: 100-continue')
      let answer = await connection.answer()
      assert.equal(answer.status, 100)
      connection.write(`GET /smuggled HTTP/1.1\r\nX: ${'x'.repeat(19)}\r\n\r\n`)
      answer = await connection.answer()
      assert.deepEqual([`${answer.status}`, answer.text], [status.slice(0, 3), 'early'])
      connection.write(behind.request('GET /dcc/next', behind.signedIn))
      assert.equal((await connection.answer()).text, 'of the next request')
      connection.destroy()
      assert.equal((await behind.askSignedIn('GET /dcc/')).text, 'of the next request')
    })
  }
})

describe('Expect: 100-continue', () => {
  let behind: BehindGate

  before(async () => {
    behind = await startBehindGate()
  })
  after(() => behind.stop())

  it('F-11: whoever is refused is not asked for the body, which is no request when it comes all the same', async () => {
    for (const [start, ...headers] of [
      ['POST /dcc/'],
      ['POST /dcc/', ...AS_PAGE],
      ['POST /a%2fb', behind.signedIn],
      ['POST /_portillon/none'],
    ] as const) {
      const connection = await openRaw(behind.at)
      const body = behind.request('GET /dcc/smuggled', behind.signedIn)
      const expecting = ['Expect: 100-continue', `Content-Length: ${body.length}`]
      connection.write(behind.request(start, ...headers, ...expecting))
      const answer = await connection.answer()
      assert.ok([302, 303, 400, 401, 404].includes(answer.status), `${start}: ${answer.status}`)
      assert.equal(answer.header('connection'), 'close')
      connection.write(body + body)
      assert.ok(await connection.closed())
      assert.equal(connection.rest().length, 0)
      assert.equal(connection.socket.errored, null, 'a reset in place of an end')
      connection.destroy()
    }
    assert.deepEqual(behind.arrived(), [])
  })

  it('F-11: whoever is let through is asked for it by the gate, once, and by a page of the gate too', async () => {
    for (const start of ['POST /dcc/', 'POST /_portillon/sign-in']) {
      const connection = await openRaw(behind.at)
      const headers = ['Content-Type: application/x-www-form-urlencoded', `Origin: ${behind.gate.origin}`]
      connection.write(behind.request(start, behind.signedIn, ...headers, 'Content-Length: 5', 'Expect: 100-continue'))
      assert.equal((await connection.answer()).status, 100)
      connection.write('a=b&c')
      assert.ok((await connection.answer()).status >= 200)
      connection.write(behind.request('GET /dcc/next', behind.signedIn))
      assert.equal((await connection.answer()).status, 200)
      connection.destroy()
    }
    assert.deepEqual(
      behind.arrived().map(({ target, text }) => [target, text]),
      [
        ['/dcc/', 'a=b&c'],
        ['/dcc/next', ''],
        ['/dcc/next', ''],
      ],
    )
  })
})

describe('an upload that stands still', () => {
  it('U-06: a visitor who sends nothing more is told so after the idle limit, and holds no connection to the application', async () => {
    serve = (socket) => void hear(socket)
    for (const framing of ['Content-Length: 50', 'Transfer-Encoding: chunked']) {
      const connection = await begin(framing, ...AS_PAGE)
      const started = performance.now()
      connection.write(framing.startsWith('C') ? 'hello' : '5\r\nhello\r\n')
      const answer = await connection.answer()
      assert.deepEqual([answer.status, answer.header('x-portillon')], [408, 'request-timeout'])
      assert.equal(answer.header('connection'), 'close')
      assertDressed(answer)
      assert.ok(performance.now() - started >= IDLE - 50)
      assert.ok(await connection.closed())
      await eventually(() => application.open() === 0, 'the connection to the application is closed')
    }
  })

  it('U-06, U-08: one that moves slowly may take longer than the idle limit', async () => {
    serve = (socket) => {
      const heard = hear(socket)
      socket.on('data', () => {
        if (heard().endsWith('!')) socket.write(plainAnswer('200 OK', 'whole'))
      })
    }
    const connection = await begin('Content-Length: 9')
    for (const character of 'slowly...'.slice(0, 8)) {
      connection.write(character)
      await pause(IDLE / 4)
    }
    connection.write('!')
    assert.equal((await connection.answer()).text, 'whole')
    connection.destroy()
  })

  it('U-06: one that has all arrived waits for its answer as long as any request', async () => {
    serve = (socket) => {
      socket.once('data', () => setTimeout(() => socket.write(plainAnswer('200 OK', 'late')), IDLE * 1.8))
    }
    const connection = await begin('Content-Length: 5')
    connection.write('hello')
    assert.equal((await connection.answer()).text, 'late')
    connection.destroy()
  })

  it('U-08: an application that reads slowly holds the visitor back, and no idle limit is counted against either', async () => {
    const size = 24_000_000
    let received = 0
    serve = (socket) => {
      const take = () => {
        const bytes = socket.read() as Buffer | null
        received += bytes?.length ?? 0
        if (received >= size) socket.write(plainAnswer('200 OK', 'whole'))
        else setTimeout(take, received < 3_000_000 ? 40 : 1)
      }
      take()
    }
    const connection = await begin(`Content-Length: ${size}`)
    connection.write(Buffer.alloc(size))
    await pause(500)
    assert.ok(connection.socket.writableLength > size / 4, 'the gate reads faster than the application')
    assert.equal((await connection.answer()).text, 'whole')
    connection.destroy()
  })

  it('U-06: an application that takes nothing of it is told from a visitor who sends nothing: 504', async () => {
    serve = (socket) => void socket.pause()
    const connection = await begin('Content-Length: 50000000', ...AS_PAGE)
    connection.write(Buffer.alloc(50_000_000))
    const answer = await connection.answer()
    assert.deepEqual([answer.status, answer.header('x-portillon')], [504, 'upstream-timeout'])
    connection.destroy()
  })
})

describe('the length of a body', () => {
  it('U-05: what is longer than announced is no part of it; what is shorter never becomes a whole request', async () => {
    const behind = await startBehindGate()
    try {
      const request = behind.request('POST /dcc/', behind.signedIn, 'Content-Length: 5')
      const answers = await behind.untilClosed(`${request}hello, world`)
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200],
      )
      assert.equal(behind.onlyArrived().text, 'hello')

      const connection = await openRaw(behind.at)
      connection.write(`${request}hell`)
      connection.socket.end()
      assert.ok(await connection.closed())
      assert.deepEqual(behind.arrived(), [])
    } finally {
      await behind.stop()
    }
  })
})
