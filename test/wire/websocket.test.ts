import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { makeCertificate } from '../kit/certificate.ts'
import { startGate, type Gate } from '../kit/gate.ts'
import { freePort, listen } from '../kit/ports.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, signIn, type Visitor } from '../kit/visitor.ts'

describe('a conversation over a WebSocket', () => {
  let upstream: HttpUpstream
  let server: WebSocketServer
  let gate: Gate
  let visitor: Visitor

  before(async () => {
    upstream = await startHttpUpstream()
    server = new WebSocketServer({ server: upstream.server })
    server.on('connection', (socket) =>
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
    )
    const rules = [{ id: 'public', match: { path: '/public/**' }, allow: 'anyone' as const }]
    gate = await startGate({
      upstream: upstream.url,
      site: { rules, 'sign-out': { 'upstream-paths': ['/dcc/logout'] } },
    })
    visitor = createVisitor(gate)
    await signIn(gate, visitor)
  })
  after(async () => {
    await gate.stop()
    server.close()
    await upstream.stop()
  })

  const open = async (path = '/ws', at = gate, cookie = visitor.cookieHeader()): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${at.port}${path}`, {
      headers: { host: at.host, origin: at.origin, cookie },
    })
    await once(socket, 'open')
    return socket
  }
  const echo = async (socket: WebSocket, data: string | Buffer): Promise<Buffer> => {
    socket.send(data)
    const [message] = (await once(socket, 'message')) as [Buffer]
    return message
  }

  it('comes back word for word, text, bytes and half a megabyte, compressed as the two agree', async () => {
    const socket = await open('/ws?room=rcp')
    for (const data of ['Réunion 🏥', Buffer.from([0, 255, 128]), Buffer.alloc(500_000, 'é')])
      assert.deepEqual(await echo(socket, data), Buffer.from(data))
    socket.close(4_000, 'fini')
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
    assert.deepEqual([code, reason.toString()], [4_000, 'fini'])
  })

  it('W-04: ends with the session that opened it, and no other one', async () => {
    const other = createVisitor(gate)
    await signIn(gate, other)
    const mine = await open()
    const theirs = await open('/ws', gate, other.cookieHeader())
    const nobodys = await open('/public/ws', gate, '')
    const closed = once(mine, 'close')
    await other.page('/dcc/')
    await visitor.page('/dcc/logout')
    assert.equal((await closed)[0], 4_401, 'a page can tell that it has to sign in')
    assert.equal((await echo(theirs, 'still here')).toString(), 'still here')
    assert.equal((await echo(nobodys, 'still here')).toString(), 'still here')
    theirs.terminate()
    nobodys.terminate()
    await assert.rejects(open(), /401/)
  })

  it('O-03: sockets do not keep a gate that is told to stop, not even those of nobody', async () => {
    const passing = await startGate({
      upstream: upstream.url,
      site: { rules: [{ id: 'public', match: { path: '/**' }, allow: 'anyone' }] },
    })
    const socket = await open('/ws', passing, '')
    const closed = once(socket, 'close')
    const started = performance.now()
    await passing.stop()
    assert.equal((await closed)[0], 1_001, 'a page can tell that it has to connect again')
    assert.ok(performance.now() - started < 5_000)
  })

  it('an application that is not there is 502 with JSON', async () => {
    const lost = await startGate({
      upstream: `http://127.0.0.1:${await freePort()}`,
      site: { rules: [{ id: 'public', match: { path: '/**' }, allow: 'anyone' }] },
    })
    try {
      await assert.rejects(open('/ws', lost, ''), /502/)
    } finally {
      await lost.stop()
    }
  })

  it('G-08: an application behind TLS is verified with the authorities of the site file, for pages and for WebSockets', async () => {
    using folder = createTempFolder('upstream-ca')
    const { key, cert } = makeCertificate('dcc.example.test')
    const ca = join(folder.path, 'ca.pem')
    await writeFile(ca, cert)
    const secure = createServer({ key, cert }, (_request, response) => response.end('over TLS'))
    const sockets = new WebSocketServer({ server: secure })
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
    const url = `https://127.0.0.1:${await listen(secure)}`
    const rules = [{ id: 'public', match: { path: '/**' }, allow: 'anyone' as const }]
    const trusting = await startGate({ upstream: url, site: { rules, upstream: { url, ca } } })
    const doubting = await startGate({ upstream: url, site: { rules } })
    try {
      const socket = await open('/ws', trusting, '')
      assert.equal((await echo(socket, 'hello')).toString(), 'hello')
      socket.terminate()
      assert.equal((await createVisitor(trusting).ask('/')).body, 'over TLS')
      await assert.rejects(open('/ws', doubting, ''), /502/)
      assert.equal((await createVisitor(doubting).ask('/')).status, 502)
    } finally {
      await trusting.stop()
      await doubting.stop()
      sockets.close()
      secure.close()
      secure.closeAllConnections()
    }
  })
})
