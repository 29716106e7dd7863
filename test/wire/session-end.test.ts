import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { after, before, beforeEach, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { WebSocket, WebSocketServer } from 'ws'
import type { EndReason } from '../../src/session/ends.ts'
import { createManualClock, type ManualClock } from '../kit/clock.ts'
import { startGate, type Gate } from '../kit/gate.ts'
import { listenTo, type Listener } from '../kit/listener.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, signIn, type Visitor } from '../kit/visitor.ts'

/** What the page hears last of all. */
const LAST = 'event: portillon\ndata: {"code":4401,"error":"session-ended"}\n\n'

const EVENT_STREAM = { 'content-type': 'text/event-stream;charset=UTF-8' }

let upstream: HttpUpstream
let sockets: WebSocketServer
let gate: Gate
let clock: ManualClock
let visitor: Visitor
/** The application's side of what is open, by path. */
const open = new Map<string, ServerResponse>()

before(async () => {
  clock = createManualClock()
  upstream = await startHttpUpstream(({ url }, response) => {
    open.set(url, response)
    if (url.includes('events')) response.writeHead(200, EVENT_STREAM).write('data: 1\n\n')
    else if (url.includes('zipped')) {
      response.writeHead(200, { ...EVENT_STREAM, 'content-encoding': 'gzip' }).write(gzipSync('data: 1\n\n'))
    } else if (url.includes('download')) response.writeHead(200, { 'content-length': 10 }).write('hello')
    else if (!url.includes('wait')) response.end('page')
  })
  sockets = new WebSocketServer({ server: upstream.server })
  const rules = [{ id: 'public', match: { path: '/public/**' }, allow: 'anyone' as const }]
  gate = await startGate({
    upstream: upstream.url,
    clock,
    site: { rules, session: { background: ['/dcc/poll/**'] }, 'sign-out': { 'upstream-paths': ['/dcc/logout'] } },
  })
})
after(async () => {
  await gate.stop()
  sockets.close()
  await upstream.stop()
})
beforeEach(async () => {
  clock.advance('2h')
  open.clear()
  visitor = createVisitor(gate)
  await signIn(gate, visitor)
})

const listen = (path: string, headers?: Readonly<Record<string, string>>, at = visitor): Promise<Listener> =>
  listenTo(gate, at, path, headers)

const endSessions = async (reason: EndReason): Promise<void> => {
  const { lifecycle } = gate.app
  await lifecycle.end(reason, ...(await lifecycle.find('')).map(({ digest }) => digest))
}

/** A WebSocket of the visitor, and with which code it closes. */
const openSocket = async (): Promise<{ readonly closed: Promise<number> }> => {
  const headers = { host: gate.host, origin: gate.origin, cookie: visitor.cookieHeader() }
  const socket = new WebSocket(`ws://127.0.0.1:${gate.port}/dcc/ws`, { headers })
  await once(socket, 'open')
  return { closed: once(socket, 'close').then(([code]) => code as number) }
}

const say = (path: string, text: string): void => void open.get(path)?.write(text)

describe('G3: an event stream ends with its session', () => {
  it('at sign-out: the page hears a last event, the application that nobody listens, and a new source gets 401', async () => {
    const stream = await listen('/dcc/events')
    await stream.hears(/data: 1\n\n/)
    const gone = once(open.get('/dcc/events') as ServerResponse, 'close')
    await visitor.page('/dcc/logout')
    assert.equal(await stream.over, 'whole')
    assert.equal(stream.heard(), `data: 1\n\n${LAST}`)
    await gone
    const again = await listen('/dcc/events')
    await again.over
    assert.equal(again.status, 401)
    assert.equal((JSON.parse(again.heard()) as { error: string }).error, 'sign-in-required')
  })

  for (const reason of ['replaced', 'revoked', 'password-changed'] as const)
    it(`when it was ended as ${reason}`, async () => {
      const stream = await listen('/dcc/events')
      await stream.hears(/data: 1\n\n/)
      await endSessions(reason)
      assert.equal(await stream.over, 'whole')
      assert.equal(stream.heard(), `data: 1\n\n${LAST}`)
    })

  it('between two events: what the application has begun to say is heard to its end', async () => {
    const stream = await listen('/dcc/events')
    say('/dcc/events', 'event: rcp\r\ndata: half')
    await stream.hears(/half/)
    await endSessions('signed-out')
    say('/dcc/events', ' and half\r\n')
    await stream.hears(/and half/)
    assert.doesNotMatch(stream.heard(), /portillon/)
    say('/dcc/events', '\r\n')
    assert.equal(await stream.over, 'whole')
    assert.equal(stream.heard(), `data: 1\n\nevent: rcp\r\ndata: half and half\r\n\r\n${LAST}`)
  })

  it('broken off, when the application does not come to the end of an event: half of one is never heard as a whole', async () => {
    const stream = await listen('/dcc/events')
    say('/dcc/events', 'data: half\n')
    await stream.hears(/half/)
    await endSessions('signed-out')
    assert.equal(await stream.over, 'broken off')
    assert.equal(stream.heard(), 'data: 1\n\ndata: half\n')
  })

  it('broken off, when it is compressed: nothing of ours can stand in it', async () => {
    const stream = await listen('/dcc/zipped')
    assert.equal(stream.status, 200)
    await endSessions('signed-out')
    assert.equal(await stream.over, 'broken off')
  })

  it('and nobody else’s does: neither that of another person, nor a public one', async () => {
    const other = createVisitor(gate)
    await signIn(gate, other)
    const [mine, theirs, nobodys] = await Promise.all([
      listen('/dcc/events?mine'),
      listen('/dcc/events?theirs', undefined, other),
      listen('/public/events', undefined, createVisitor(gate)),
    ])
    await visitor.page('/dcc/logout')
    assert.equal(await mine.over, 'whole')
    for (const [stream, path] of [
      [theirs, '/dcc/events?theirs'],
      [nobodys, '/public/events'],
    ] as const) {
      say(path, 'data: 2\n\n')
      await stream.hears(/data: 2/)
      assert.equal(stream.heard(), 'data: 1\n\ndata: 2\n\n')
      stream.leave()
    }
  })
})

describe('what else is under way when a session ends', () => {
  it('G3: a download and a page that were asked for before go on after a sign-out', async () => {
    const download = await listen('/dcc/download', {})
    const page = visitor.ask('/dcc/wait')
    while (!open.has('/dcc/wait')) await new Promise(setImmediate)
    await endSessions('signed-out')
    open.get('/dcc/download')?.end('world')
    open.get('/dcc/wait')?.end('late')
    assert.equal(await download.over, 'whole')
    assert.equal(download.heard(), 'helloworld')
    assert.equal((await page).body, 'late')
  })

  it('S-08, G3: a revocation breaks a download off, and what is still awaited is 401; the application hears of it', async () => {
    const download = await listen('/dcc/download', {})
    const page = visitor.ask('/dcc/wait')
    while (!open.has('/dcc/wait')) await new Promise(setImmediate)
    const gone = [...open.values()].map((response) => once(response, 'close'))
    await endSessions('revoked')
    assert.equal(await download.over, 'broken off')
    assert.equal(download.heard(), 'hello')
    assert.equal((await page).status, 401)
    await Promise.all(gone)
  })
})

describe('time passes while something is open', () => {
  interface Open {
    readonly stream: Listener
    readonly download: Listener
    readonly socket: { readonly closed: Promise<number> }
  }
  const openAll = async (): Promise<Open> => ({
    stream: await listen('/dcc/events'),
    download: await listen('/dcc/download', {}),
    socket: await openSocket(),
  })

  /** The limit has passed: the gate looks every three seconds. */
  const assertEnded = async ({ stream, download, socket }: Open): Promise<void> => {
    assert.equal(await socket.closed, 4_401)
    assert.equal(await stream.over, 'whole')
    assert.ok(stream.heard().endsWith(LAST))
    open.get('/dcc/download')?.end('world')
    assert.equal(await download.over, 'whole', 'a download is heard to its end')
    assert.equal((await visitor.page('/dcc/')).status, 302)
  }

  it('S-07, W-04, G17: nothing open keeps anybody signed in, nor opening it again and again, nor polling', async () => {
    const all = await openAll()
    await gate.settle()
    for (let minute = 0; minute < 29; minute += 1) {
      clock.advance('1m')
      say('/dcc/events', ': still here\n\n')
      assert.equal((await visitor.ask('/dcc/poll/news')).body, 'page')
      const again = await listen('/dcc/events?again')
      assert.equal(again.status, 200)
      again.leave()
      await gate.settle()
    }
    assert.equal((await listen('/dcc/events?last')).status, 200)
    await openSocket()
    clock.advance('61s')
    await assertEnded(all)
  })

  it('S-07, W-04: the longest time ends it all even while the person is active', async () => {
    const all = await openAll()
    for (let round = 0; round < 29; round += 1) {
      clock.advance('20m')
      assert.equal((await visitor.page('/dcc/')).status, 200)
      await gate.settle()
    }
    assert.doesNotMatch(all.stream.heard(), /portillon/)
    clock.advance('21m')
    await assertEnded(all)
  })
})
