import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { linger } from '../../src/gateway/linger.ts'
import { createBodyReader, type BodyRead } from '../../src/gateway/read-body.ts'
import { listen } from '../kit/ports.ts'

let server: Server
let port: number
let handle: (request: IncomingMessage, response: ServerResponse) => void
const open = new Set<Socket>()

before(async () => {
  server = createServer((request, response) => handle(request, response))
  port = await listen(server)
})
after(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  for (const socket of open) socket.destroy()
  open.clear()
})

/** Sends the beginning of a request with a body, and gives the socket to go on with. */
const begin = (length: number, text = ''): Socket => {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  open.add(socket)
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${text}`)
  return socket
}

const arrival = (): Promise<IncomingMessage> =>
  new Promise((resolve) => {
    handle = (request) => resolve(request)
  })

describe('reading a form', () => {
  it('L-01: ends when the rest does not come in time', async () => {
    const arrived = arrival()
    begin(100, 'half')
    assert.equal(await createBodyReader(30)(await arrived, 1_000), 'incomplete')
  })

  it('ends when the visitor leaves', async () => {
    const arrived = arrival()
    const socket = begin(100, 'half')
    const reading = createBodyReader()(await arrived, 1_000)
    socket.destroy()
    assert.equal(await reading, 'incomplete')
  })

  it('ends when the visitor has left before anybody listened', async () => {
    const arrived = arrival()
    const socket = begin(100, 'half')
    const request = await arrived
    socket.destroy()
    await new Promise((resolve) => request.once('close', resolve))
    assert.equal(await createBodyReader()(request, 1_000), 'incomplete')
  })

  it('L-02: takes so many bytes at a time and no more, and goes on when there is room again', async () => {
    const readBody = createBodyReader(10_000, 1_000)
    const first = arrival()
    const slow = begin(900)
    const reading = readBody(await first, 1_000)
    const second = arrival()
    begin(200, 'x'.repeat(200))
    assert.equal(await readBody(await second, 1_000), 'busy')
    slow.write('y'.repeat(900))
    assert.equal((await reading).length, 900)
    const third = arrival()
    begin(200, 'z'.repeat(200))
    const read: BodyRead = await readBody(await third, 1_000)
    assert.equal(read.toString(), 'z'.repeat(200))
  })
})

describe('W-11: after an answer that did not wait for the body', () => {
  it('what still comes is thrown away for a while, then the connection ends', async () => {
    handle = (request, response) => {
      response.end('told')
      linger({ request }, 50)
    }
    const socket = begin(1_000_000_000)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.match(answer.toString(), /told/)
    // Writing to a connection that the other side has ended may fail before it is seen to be closed.
    socket.on('error', () => socket.destroy())
    const closed = new Promise((ended) => socket.once('close', ended))
    const more = setInterval(() => socket.write('x'.repeat(1_000)), 5)
    await closed
    clearInterval(more)
  })

  it('the connection of a body that does end serves the next request', async () => {
    handle = (request, response) => {
      response.end('told')
      linger({ request }, 200)
    }
    const socket = begin(10)
    await once(socket, 'data')
    socket.write('0123456789')
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.equal(socket.destroyed, false)
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.match(answer.toString(), /^HTTP\/1\.1 200/)
  })
})
