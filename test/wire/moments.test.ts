import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { listen } from '../kit/ports.ts'
import { openRaw } from '../kit/raw-http.ts'

/** When bytes pass the gate: at once, no faster than they are read, and no longer than somebody waits for them. */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate()
})
beforeEach(() => behind.arrived())
after(() => behind.stop())

const answerRaw = (...lines: readonly string[]) => `${lines.join('\r\n')}\r\n\r\n`

describe('the moments', () => {
  it('U-09: an event reaches the visitor when it happens, and each on its own', async () => {
    let send: (text: string) => void = () => undefined
    behind.upstream.answerWith((_request, socket) => {
      socket.write(answerRaw('HTTP/1.1 200 OK', 'Content-Type: text/event-stream', 'Transfer-Encoding: chunked'))
      send = (text) => socket.write(`${text.length.toString(16)}\r\n${text}\r\n`)
      send('data: 1\n\n')
      return null
    })
    const connection = await openRaw(behind.at)
    try {
      connection.write(behind.request('GET /dcc/events', behind.signedIn, 'Accept: text/event-stream'))
      const until = async (text: string) => {
        const started = performance.now()
        while (!connection.rest().toString().includes(text)) {
          assert.ok(performance.now() - started < 2_000, `${text} did not come`)
          await connection.quiet(5)
        }
      }
      await until('data: 1\n\n')
      send('data: 2\n\n')
      await until('data: 2\n\n')
    } finally {
      connection.destroy()
    }
  })

  for (const [when, begin] of [
    ['before the answer', ''],
    ['in the middle of an answer', answerRaw('HTTP/1.1 200 OK', 'Content-Length: 1000000') + 'some'],
    ['in the middle of an endless one', `${answerRaw('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}4\r\nsome\r\n`],
  ] as const) {
    it(`U-03: a visitor who leaves ${when} takes the request to the application along`, async () => {
      const left = new Promise<void>((gone) => {
        behind.upstream.answerWith((_request, socket) => {
          socket.write(begin)
          socket.once('close', gone)
          return null
        })
      })
      const connection = await openRaw(behind.at)
      connection.write(behind.request('GET /dcc/', behind.signedIn))
      await behind.upstream.nextRequest()
      if (begin !== '') while (!connection.rest().includes('some')) await connection.quiet(5)
      const started = performance.now()
      connection.destroy()
      await left
      assert.ok(performance.now() - started < 1_000)
    })
  }

  for (const [how, framing, sent, leave] of [
    ['half-closes', 'Content-Length: 50', 'hello', (socket: Socket) => socket.end()],
    ['is reset', 'Content-Length: 50', 'hello', (socket: Socket) => socket.resetAndDestroy()],
    ['sends a chunk that is none', 'Transfer-Encoding: chunked', '5\r\nhello\r\nzz\r\n', () => undefined],
  ] as const) {
    it(`U-03: a visitor who ${how} in the middle of an upload holds no connection to the application`, async () => {
      const left = Promise.withResolvers<undefined>()
      const began = Promise.withResolvers<undefined>()
      const server = createServer((socket) => {
        socket.on('data', () => began.resolve(undefined))
        socket.on('error', () => socket.destroy())
        socket.once('close', () => left.resolve(undefined))
      })
      const application = `http://127.0.0.1:${await listen(server)}`
      const waiting = await startBehindGate({ application })
      try {
        const connection = await openRaw(waiting.at)
        connection.write(waiting.request('POST /dcc/', waiting.signedIn, framing) + sent.slice(0, 5))
        await began.promise
        connection.write(sent.slice(5))
        const started = performance.now()
        leave(connection.socket)
        await left.promise
        assert.ok(performance.now() - started < 1_000)
        connection.destroy()
      } finally {
        await waiting.stop()
        server.close()
      }
    })
  }

  it('U-08: a visitor who does not read holds the application back', async () => {
    const size = 100_000_000
    let taken = 0
    behind.upstream.answerWith((_request, socket) => {
      socket.write(answerRaw('HTTP/1.1 200 OK', `Content-Length: ${size}`))
      const piece = Buffer.alloc(100_000)
      const pour = () => {
        while (taken < size && !socket.destroyed) {
          taken += piece.length
          if (!socket.write(piece)) {
            socket.once('drain', pour)
            return
          }
        }
      }
      pour()
      return null
    })
    const connection = await openRaw(behind.at)
    connection.socket.pause()
    connection.write(behind.request('GET /dcc/', behind.signedIn))
    await behind.upstream.nextRequest()
    let before = -1
    while (before !== taken) {
      before = taken
      await new Promise((later) => setTimeout(later, 100))
    }
    assert.ok(taken < size / 2, `${taken} bytes were taken from the application`)
    connection.destroy()
    await once(connection.socket, 'close')
  })
})
