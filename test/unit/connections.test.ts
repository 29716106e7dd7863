import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { createConnections, type Connections } from '../../src/server/connections.ts'
import { listen } from '../kit/ports.ts'

/** More than the buffers between two sockets of one machine hold. */
const MUCH = Buffer.alloc(16_000_000, 'x')

let server: Server
let port: number
let connections: Connections
let answer: (response: ServerResponse) => void

before(async () => {
  connections = createConnections()
  server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => answer(response))
  server.on('connection', (socket: Socket) => connections.opened(socket))
  port = await listen(server)
})
after(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

/** Asks, and waits until the answer has begun. The client has taken nothing of it. */
const ask = async (): Promise<{ client: Socket; accepted: Socket }> => {
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = connect({ port, host: '127.0.0.1' }).pause()
  const asked = once(server, 'request')
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await asked
  return { client, accepted: (await accepted)[0] }
}

describe('L-01: visitors who take nothing of their answers', () => {
  it('L-01: are cut after so many looks, however large the answer and though it is over for who wrote it', async () => {
    answer = (response) => response.end(MUCH)
    const { client, accepted } = await ask()
    for (let look = 0; look < 3; look += 1) connections.cutStalled(3)
    assert.equal(accepted.destroyed, false)
    connections.cutStalled(3)
    assert.equal(accepted.destroyed, true)
    client.destroy()
  })

  it('L-01: what they send meanwhile is no help', async () => {
    answer = (response) => response.end(MUCH)
    const { client, accepted } = await ask()
    client.on('error', () => client.destroy())
    connections.cutStalled(1)
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    connections.cutStalled(1)
    assert.equal(accepted.destroyed, true)
    client.destroy()
  })

  it('L-01: who takes something between two looks is waited for, and a stream may be silent when all is taken', async () => {
    answer = (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(MUCH)
    }
    const { client, accepted } = await ask()
    connections.cutStalled(1)
    const drained = once(accepted, 'drain')
    client.resume()
    await drained
    for (let look = 0; look < 5; look += 1) connections.cutStalled(1)
    assert.equal(accepted.destroyed, false)
    client.destroy()
  })

  it('L-01: a limit that the data path has set stands', async () => {
    answer = (response) => {
      response.socket?.setTimeout(10_000)
      response.write(MUCH)
    }
    const { client, accepted } = await ask()
    for (let look = 0; look < 5; look += 1) connections.cutStalled(1)
    assert.equal(accepted.destroyed, false)
    assert.equal(accepted.timeout, 10_000)
    client.destroy()
  })
})
