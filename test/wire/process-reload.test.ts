import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import { makeCertificate } from '../kit/certificate.ts'
import { HALF, startHeldUpstream, type HeldUpstream } from '../kit/held-upstream.ts'
import { INSTANCE_HOST, startInstance, type Instance } from '../kit/instance.ts'
import { runCli } from '../kit/processes.ts'
import { openRaw, sendRaw, type RawTarget } from '../kit/raw-http.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'

/** An instance that speaks TLS itself is told, by SIGHUP, to read its settings again. */

const [first, renewed] = [makeCertificate(INSTANCE_HOST), makeCertificate(INSTANCE_HOST)]
const TLS = { rejectUnauthorized: false, servername: INSTANCE_HOST }
const OPEN = { id: 'open', match: { path: '/app/**' }, allow: 'anyone' }
const CLOSED = { id: 'closed', match: { path: '/app/secret' }, allow: 'no-one' }

let redis: RedisServer
let upstream: HeldUpstream
let instance: Instance
let at: RawTarget

before(async () => {
  ;[redis, upstream] = await Promise.all([startRedis(), startHeldUpstream()])
  instance = await startInstance({
    upstream: upstream.url,
    redis: redis.url,
    site: { rules: [OPEN] },
    files: { 'front.crt': first.cert, 'front.key': first.key },
    config: { workers: 2, drain: '1s', 'drain-notice': '10ms' },
    tls: true,
  })
  at = { port: instance.port, tls: TLS }
})
after(async () => {
  await instance.running().stop()
  await Promise.all([redis.stop(), upstream.stop()])
})
beforeEach(() => upstream.hold())

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${INSTANCE_HOST}\r\n\r\n`
const statusOf = async (path: string): Promise<number> => (await sendRaw(at, get(path))).status

const certificateOf = async (): Promise<string> => {
  const connection = await openRaw(at)
  assert.ok(connection.socket instanceof TLSSocket)
  const { fingerprint256 } = connection.socket.getPeerCertificate()
  connection.destroy()
  return fingerprint256
}
const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint256

/** A visit with the ticket of an earlier one, if there is any: whether it was taken, and the newest ticket. */
const comeBack = async (ticket?: Buffer): Promise<{ isKnown: boolean; next: Buffer | undefined }> => {
  const connection = await openRaw({ ...at, tls: { ...TLS, ...(ticket === undefined ? {} : { session: ticket }) } })
  assert.ok(connection.socket instanceof TLSSocket)
  let next: Buffer | undefined
  connection.socket.on('session', (given: Buffer) => (next = given))
  connection.write(get('/app/page'))
  await connection.answer()
  const isKnown = connection.socket.isSessionReused()
  connection.destroy()
  return { isKnown, next }
}

it('a TLS visitor who comes back is known to every worker, without either having met before', async () => {
  const { next: ticket } = await comeBack()
  assert.ok(ticket !== undefined)
  for (let time = 0; time < 12; time += 1) assert.ok((await comeBack(ticket)).isKnown)
})

describe('SIGHUP', () => {
  it('takes up rules and certificate; connections, downloads and WebSockets go on, in the same processes', async () => {
    const workers = instance.workers()
    const standing = await openRaw(at)
    standing.write(get('/app/secret'))
    assert.equal((await standing.answer()).status, 200)
    const download = await openRaw(at)
    download.write(get('/app/download'))
    const socket = new WebSocket(`wss://127.0.0.1:${instance.port}/app/ws`, {
      ...TLS,
      headers: { host: INSTANCE_HOST, origin: instance.origin },
    })
    await once(socket, 'open')
    assert.equal(await certificateOf(), fingerprint(first.cert))

    instance.writeSite({ rules: [CLOSED, OPEN] })
    instance.writeFile('front.crt', renewed.cert)
    instance.writeFile('front.key', renewed.key)
    instance.reload()
    await instance.logged(/new settings are in force/)

    for (let time = 0; time < 6; time += 1) assert.equal(await statusOf('/app/secret'), 403)
    assert.equal(await certificateOf(), fingerprint(renewed.cert))
    standing.write(get('/app/secret'))
    assert.equal((await standing.answer()).status, 403, 'what stands is judged by the new rules')
    socket.send('still here')
    assert.equal(String((await once(socket, 'message'))[0]), 'still here')
    upstream.letGo()
    assert.equal((await download.answer()).body.length, 2 * HALF)
    assert.deepEqual(instance.workers(), workers)
    for (const connection of [standing, download]) connection.destroy()
    socket.terminate()
  })

  const half = (text: string): string => text.slice(0, text.length / 2)
  const site = () => readFileSync(join(instance.folder, 'site.yaml'), 'utf8')
  const broken: readonly (readonly [what: string, breakIt: () => void])[] = [
    ['a site file that is no YAML', () => instance.writeSite('site: [')],
    ['an empty site file', () => instance.writeSite('')],
    ['a site file that is written by half', () => instance.writeSite(half(site()))],
    ['a rule without a meaning', () => instance.writeSite({ rules: [{ ...OPEN, allow: 'everyone' }] })],
    ['an empty instance file', () => instance.writeInstance('')],
    ['a certificate that is written by half', () => instance.writeFile('front.crt', half(renewed.cert))],
    ['the key of another certificate', () => instance.writeFile('front.key', first.key)],
    ['a template that does not compile', () => instance.writeSite({ rules: [OPEN], templates: 'templates' })],
  ]
  for (const [what, breakIt] of broken) {
    it(`O-07: keeps what it has, and says so, because of ${what}`, async () => {
      mkdirSync(join(instance.folder, 'templates/pages'), { recursive: true })
      instance.writeFile('templates/pages/sign-in.eta', '<% if ( %>')
      breakIt()
      instance.reload()
      const kept = await instance.logged(/not taken up: those before stay in force/)
      assert.equal(kept.level, 'error')
      assert.equal(await statusOf('/app/secret'), 403)
      assert.equal(await statusOf('/app/page'), 200)
      assert.equal(await certificateOf(), fingerprint(renewed.cert))
      assert.equal((await instance.readiness()).status, 200)
      instance.writeSite({ rules: [CLOSED, OPEN] })
      instance.writeInstance({})
      instance.writeFile('front.crt', renewed.cert)
      instance.writeFile('front.key', renewed.key)
    })
  }

  it('O-07: the log tells the faults in the lines of `portillon check`; a worker replaced meanwhile begins with what is in force', async () => {
    instance.writeSite({ hosts: [], rules: [{ ...OPEN, allow: 'everyone' }] })
    instance.reload()
    await instance.logged(/not taken up/)
    const { stdout } = await runCli(['check', join(instance.folder, 'instance.yaml')])
    const told = instance.log().flatMap(({ problem }) => (typeof problem === 'string' ? [problem] : []))
    const lines = stdout.split('\n').filter((line) => /  error  /.test(line))
    assert.ok(lines.length >= 2, stdout)
    const plain = (line: string) => line.replace(/ {2,}/g, '  ').replace(/^\S*site\.yaml/, 'site.yaml')
    for (const line of lines) assert.ok(told.map(plain).includes(plain(line)), line)

    process.kill(instance.workers()[0] ?? 0, 'SIGKILL')
    await instance.logged(/a worker serves in place/)
    for (let time = 0; time < 6; time += 1) assert.equal(await statusOf('/app/secret'), 403)
    instance.writeSite({ rules: [CLOSED, OPEN] })
  })

  it('names the settings that wait for a restart, and takes up the others', async () => {
    instance.writeSite({ rules: [OPEN] })
    instance.writeInstance({ workers: 3 })
    instance.reload()
    assert.deepEqual((await instance.logged(/by a restart only/))['settings'], ['workers'])
    await instance.logged(/new settings are in force/)
    assert.equal(await statusOf('/app/secret'), 200)
    assert.equal(instance.workers().length, 2)
  })

  it('O-08: what is said in the wrong way to a TLS listener ends that connection only', async () => {
    const workers = instance.workers()
    const plain = { port: instance.port }
    const hello = Buffer.from('16030100ff010000fb0303', 'hex')
    for (const bytes of [get('/app/page'), Buffer.alloc(300, 0xff), hello, Buffer.alloc(0)]) {
      const connection = await openRaw(plain)
      connection.write(bytes)
      if (bytes === hello || bytes.length === 0) connection.destroy()
      else assert.ok(await connection.closed())
    }
    await assert.rejects(openRaw({ ...at, tls: { ...TLS, maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' } }))
    const reset = await openRaw(plain)
    reset.write(hello)
    reset.socket.resetAndDestroy()
    for (let time = 0; time < 6; time += 1) assert.equal(await statusOf('/app/page'), 200)
    assert.deepEqual(instance.workers(), workers)
  })
})
