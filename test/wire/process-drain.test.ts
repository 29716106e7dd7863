import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { HALF, startHeldUpstream, type HeldUpstream } from '../kit/held-upstream.ts'
import { eventually, startInstance, type Instance } from '../kit/instance.ts'
import { isListening } from '../kit/ports.ts'
import { openRaw, type RawConnection } from '../kit/raw-http.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'

/** An instance with two workers is told to stop. */

let redis: RedisServer
let upstream: HeldUpstream

before(async () => {
  ;[redis, upstream] = await Promise.all([startRedis(), startHeldUpstream()])
})
after(async () => {
  await Promise.all([redis.stop(), upstream.stop()])
})
beforeEach(() => upstream.hold())

const start = (config: Readonly<Record<string, unknown>>): Promise<Instance> =>
  startInstance({ upstream: upstream.url, redis: redis.url, config: { workers: 2, ...config } })

/** What a service manager does: the signal goes to the main process alone. */
const tell = (instance: Instance): void => void process.kill(instance.running().pid, 'SIGTERM')

/** A request on a connection of its own, and its answer to the end. */
const ask = (instance: Instance, path: string, method = 'GET', headers: Readonly<Record<string, string>> = {}) => {
  const options = { port: instance.port, host: '127.0.0.1', path, method, agent: false }
  const request = httpRequest({ ...options, headers: { host: instance.host, ...headers } })
  const answered = once(request, 'response').then(async ([response]) => {
    const answer = response as IncomingMessage
    const chunks: Buffer[] = []
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString() }
  })
  answered.catch(() => undefined)
  return { request, answered }
}

const upload = (instance: Instance): { finish: () => void; answered: ReturnType<typeof ask>['answered'] } => {
  const { request, answered } = ask(instance, '/app/upload', 'POST', { 'content-length': String(2 * HALF) })
  request.write(Buffer.alloc(HALF))
  return { finish: () => request.end(Buffer.alloc(HALF)), answered }
}

const page = async (instance: Instance) => {
  const { request, answered } = ask(instance, '/app/page')
  request.end()
  return answered
}

const opened = (request: ClientRequest) => void request.end()

const many = <Made>(count: number, make: () => Made): Made[] => Array.from({ length: count }, make)

describe('an instance that is told to stop', () => {
  it('O-01: says so first and serves on; 200 uploads, downloads and event streams in flight end; then it ends with 0', async () => {
    const instance = await start({ drain: '20s', 'drain-notice': '1s' })
    const uploads = many(70, () => upload(instance))
    const downloads = many(70, () => ask(instance, '/app/download'))
    const streams = many(60, () => ask(instance, '/app/events'))
    for (const { request } of [...downloads, ...streams]) opened(request)
    await eventually(() => upstream.underWay() === 200, '200 requests in flight')

    tell(instance)
    await eventually(async () => (await instance.readiness()).draining, 'readiness')
    assert.equal((await instance.readiness()).status, 503)
    const meanwhile = await page(instance)
    assert.deepEqual([meanwhile.status, meanwhile.headers.connection], [200, 'close'])
    await eventually(async () => !(await isListening(instance.port)), 'the listeners are closed')

    upstream.letGo()
    for (const { finish } of uploads) finish()
    for (const { answered } of uploads) assert.equal((await answered).body, String(2 * HALF))
    for (const { answered } of downloads) assert.equal((await answered).body, 'a'.repeat(HALF) + 'b'.repeat(HALF))
    for (const { answered } of streams) assert.equal((await answered).body, 'data: event\n\n'.repeat(2))
    assert.deepEqual(await instance.running().ended, { code: 0, signal: null })
    assert.deepEqual((await instance.logged(/the gate is closed/))['cut'], { requests: 0, webSockets: 0 })
  })

  it('O-02: a request on an idle connection at the very moment gets its answer or a clean end, never a reset', async () => {
    const notice = 300
    const instance = await start({ drain: '10s', 'drain-notice': `${notice}ms` })
    const request = `GET /app/page HTTP/1.1\r\nHost: ${instance.host}\r\n\r\n`
    const connections = await Promise.all(many(120, () => openRaw({ port: instance.port })))
    const faults: string[] = []
    for (const connection of connections) {
      connection.socket.on('error', (error: NodeJS.ErrnoException) => faults.push(String(error.code)))
      connection.write(request)
      assert.equal((await connection.answer()).header('connection'), 'keep-alive')
    }

    const outcome = async (connection: RawConnection, at: number): Promise<string> => {
      await pause(at)
      // Who has seen the end of the connection before writes nothing more on it.
      if (connection.socket.readableEnded) return 'ended before'
      connection.write(request)
      const answer = await connection.answer().catch(() => null)
      if (answer !== null) return `${answer.status} ${answer.header('connection')}`
      return connection.rest().length === 0 ? 'ended' : 'broken'
    }
    tell(instance)
    await eventually(async () => (await instance.readiness()).draining, 'readiness')
    const outcomes = await Promise.all(
      connections.map((connection, at) => outcome(connection, (at * 2 * notice) / connections.length)),
    )
    assert.deepEqual(faults, [])
    const kinds = new Set(outcomes)
    assert.ok(kinds.has('200 close') && kinds.has('ended before'), [...kinds].join(', '))
    for (const kind of kinds) assert.ok(['200 close', 'ended before', 'ended'].includes(kind), kind)
    assert.deepEqual(await instance.running().ended, { code: 0, signal: null })
  })

  it('O-03: 50 WebSockets are told to go elsewhere; an upload that stands still is broken off at the limit, and counted', async () => {
    const limit = 2_000
    const instance = await start({ drain: `${limit}ms`, 'drain-notice': '100ms' })
    const options = { headers: { host: instance.host, origin: instance.origin } }
    const sockets = many(50, () => new WebSocket(`ws://127.0.0.1:${instance.port}/app/ws`, options))
    await Promise.all(sockets.map((socket) => once(socket, 'open')))
    for (const socket of sockets) socket.send('word')
    await Promise.all(sockets.map((socket) => once(socket, 'message')))
    const stuck = upload(instance)
    const broken = assert.rejects(stuck.answered, { code: 'ECONNRESET' })
    await eventually(() => upstream.underWay() === 1, 'the upload')

    const closed = sockets.map((socket) => once(socket, 'close') as Promise<[number, Buffer]>)
    const started = performance.now()
    tell(instance)
    for (const [code] of await Promise.all(closed)) assert.equal(code, 1_001)
    assert.ok(performance.now() - started < limit, 'WebSockets do not wait for the limit')
    await broken
    assert.deepEqual(await instance.running().ended, { code: 0, signal: null })
    const took = performance.now() - started
    assert.ok(took >= limit && took < limit + 5_000, `${took} ms`)
    assert.deepEqual((await instance.logged(/the gate is closed/))['cut'], { requests: 1, webSockets: 0 })
  })
})
