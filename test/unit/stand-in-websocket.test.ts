import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { startStandIn, type StandIn } from '../../deploy/demo/stand-in.ts'
import { createAssertionSigner, type AssertionSigner } from '../fixtures/assertion-signer.ts'

let signer: AssertionSigner
let app: StandIn

const start = (): Promise<StandIn> =>
  startStandIn({ jwks: () => signer.jwks, issuer: () => signer.issuer, audience: signer.audience })

before(async () => {
  signer = await createAssertionSigner()
  app = await start()
})

after(() => app.close())

const open = async (to: StandIn = app, path = '/dcc/ws'): Promise<WebSocket> => {
  const headers = { 'X-Portillon-Assertion': await signer.sign() }
  const socket = new WebSocket(to.url.replace('http', 'ws') + path, { headers, perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}

const refusal = async (path: string, headers: Record<string, string>): Promise<number | undefined> => {
  const socket = new WebSocket(app.url.replace('http', 'ws') + path, { headers })
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode?: number }]
  socket.on('error', () => {})
  socket.terminate()
  return response.statusCode
}

const echoOf = async (socket: WebSocket, message: string | Buffer): Promise<{ data: Buffer; isBinary: boolean }> => {
  const heard = once(socket, 'message')
  socket.send(message)
  const [data, isBinary] = (await heard) as [Buffer, boolean]
  return { data, isBinary }
}

describe('the WebSocket of the stand-in', () => {
  it('sends text and bytes back, whatever their length', async () => {
    const socket = await open()
    for (const message of ['Zoé Œuvrard', '', 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(70_000)]) {
      const { data, isBinary } = await echoOf(socket, message)
      assert.equal(data.toString(), message)
      assert.equal(isBinary, false)
    }
    const bytes = randomBytes(200_000)
    const echoed = await echoOf(socket, bytes)
    assert.ok(echoed.isBinary && echoed.data.equals(bytes))
    socket.close()
    await once(socket, 'close')
  })

  it('joins fragments and answers a ping between them', async () => {
    const socket = await open()
    const heard = once(socket, 'message')
    const pong = once(socket, 'pong')
    socket.send('Bon', { fin: false })
    socket.ping('p')
    socket.send('jour', { fin: true })
    assert.equal(String((await pong)[0]), 'p')
    assert.equal(String((await heard)[0]), 'Bonjour')
    socket.close(1000)
    assert.equal((await once(socket, 'close'))[0], 1000)
  })

  it('H-17: refuses the handshake without an assertion, and elsewhere than at its address', async () => {
    assert.equal(await refusal('/dcc/ws', {}), 403)
    assert.equal(await refusal('/dcc/elsewhere', { 'X-Portillon-Assertion': await signer.sign() }), 404)
  })

  it('closes with « going away » when the application stops', async () => {
    const other = await start()
    const socket = await open(other)
    const closed = once(socket, 'close')
    await other.close()
    assert.equal((await closed)[0], 1001)
  })

  const spoken = async (frame: Buffer): Promise<number> => {
    const { hostname, port } = new URL(app.url)
    const socket = connect(Number(port), hostname)
    socket.write(
      `GET /dcc/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Portillon-Assertion: ${await signer.sign()}\r\n\r\n`,
    )
    let received = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      if (received.length === 0) socket.write(frame)
      received = Buffer.concat([received, chunk])
    })
    await once(socket, 'close')
    assert.match(
      received.toString('latin1'),
      /^HTTP\/1\.1 101 [^]*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/,
    )
    return received.readUInt16BE(received.length - 2)
  }

  for (const [what, frame, code] of [
    ['a frame without a mask', Buffer.from([0x81, 0x01, 0x41]), 1002],
    ['reserved bits', Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), 1002],
    ['a continuation of nothing', Buffer.from([0x80, 0x80, 0, 0, 0, 0]), 1002],
    ['text that is not UTF-8', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), 1007],
    ['a message of gigabytes', Buffer.from([0x82, 0xff, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]), 1009],
  ] as const) {
    it(`closes on ${what} with ${code}`, async () => {
      assert.equal(await spoken(frame), code)
    })
  }
})
