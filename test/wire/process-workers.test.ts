import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { HALF, startHeldUpstream, type HeldUpstream } from '../kit/held-upstream.ts'
import { eventually, signInByMail, startInstance, type Instance } from '../kit/instance.ts'
import { freePort } from '../kit/ports.ts'
import { runCli } from '../kit/processes.ts'
import { openRaw, sendRaw } from '../kit/raw-http.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { startSmtp, type SmtpSink } from '../kit/smtp.ts'
import { createVisitor, type Visitor } from '../kit/visitor.ts'

const STRAY = resolve(import.meta.dirname, '../fixtures/stray-fault.ts')

describe('an instance with two workers', () => {
  let redis: RedisServer
  let smtp: SmtpSink
  let upstream: HeldUpstream
  let instance: Instance
  let visitor: Visitor

  before(async () => {
    ;[redis, smtp, upstream] = await Promise.all([startRedis(), startSmtp(), startHeldUpstream()])
    instance = await startInstance({
      upstream: upstream.url,
      redis: redis.url,
      config: {
        workers: 2,
        drain: '2s',
        'drain-notice': '10ms',
        'worker-silence': '4s',
        smtp: { host: '127.0.0.1', port: smtp.port, security: 'none' },
      },
      env: { NODE_OPTIONS: `--import ${STRAY}` },
    })
    visitor = createVisitor(instance)
    await signInByMail(visitor, smtp)
  })
  after(async () => {
    await instance.running().stop()
    await Promise.all([redis.stop(), smtp.stop(), upstream.stop()])
  })
  beforeEach(() => upstream.hold())

  /** On new connections, so that every worker is met. */
  const assertSignedIn = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      const { status, body } = await visitor.page('/dcc/')
      assert.deepEqual([status, body], [200, 'user c.exemple'])
    }
  }
  const isWhole = async () => {
    const { status, workers } = await instance.readiness()
    return status === 200 && workers.ready === 2
  }
  const download = async () => {
    const connection = await openRaw({ port: instance.port })
    connection.write(`GET /app/download HTTP/1.1\r\nHost: ${instance.host}\r\n\r\n`)
    return connection
  }

  it('is one gate: a session is good in both, figures are those of both, one is always ready', async () => {
    assert.equal(instance.workers().length, 2)
    assert.ok(await isWhole())
    const requests = async () => Number(/^portillon_requests (\d+)$/m.exec(await instance.metrics())?.[1])
    const before = await requests()
    await assertSignedIn(20)
    assert.equal((await requests()) - before, 20)
  })

  it('O-04: a worker that is killed is replaced; readiness says so meanwhile, and sessions go on', async () => {
    const [killed = 0, other = 0] = instance.workers()
    process.kill(killed, 'SIGKILL')
    await eventually(async () => (await instance.readiness()).status === 503, 'readiness')
    const { pid, signal } = await instance.logged(/a worker has ended/)
    assert.deepEqual([pid, signal], [killed, 'SIGKILL'])
    // The other one serves on.
    await assertSignedIn(5)
    await instance.logged(/a worker serves in place/)
    await eventually(isWhole, 'two workers')
    assert.ok(instance.workers().includes(other) && !instance.workers().includes(killed))
    assert.match(await instance.metrics(), /^portillon_worker_restarts_total 1$/m)
    await assertSignedIn(20)
  })

  it('O-08: a fault that no request owns ends that worker cleanly: what it has is finished, and it is replaced', async () => {
    const downloads = await Promise.all(Array.from({ length: 12 }, download))
    await eventually(() => upstream.underWay() === 12, 'downloads')
    const [shaken = 0] = instance.workers()
    process.kill(shaken, 'SIGUSR2')
    await instance.logged(/a fault outside any request/)
    await assertSignedIn(5)
    upstream.letGo()
    for (const connection of downloads) {
      assert.equal((await connection.answer()).body.length, 2 * HALF)
      connection.destroy()
    }
    const { pid, status } = await instance.logged(/a worker has ended/)
    assert.deepEqual([pid, status], [shaken, 70])
    await eventually(isWhole, 'two workers')
    await assertSignedIn(10)
  })

  it('O-08: a worker that hangs and does not die is replaced, and the log says so; sessions go on', async () => {
    const [hanging = 0, other = 0] = instance.workers()
    process.kill(hanging, 'SIGSTOP')
    const { pid, silence } = await instance.logged(/a worker does not answer/)
    assert.deepEqual([pid, silence], [hanging, 4_000])
    const ended = await instance.logged(/a worker has ended/)
    assert.deepEqual([ended['pid'], ended['signal']], [hanging, 'SIGKILL'])
    await eventually(isWhole, 'two workers')
    assert.ok(instance.workers().includes(other) && !instance.workers().includes(hanging))
    await assertSignedIn(20)
  })

  it('L-12: a machine that stood still for longer than that replaces nobody, and signs nobody out', async () => {
    const workers = instance.workers()
    const all = [instance.mainPid(), ...workers]
    for (const pid of all) process.kill(pid, 'SIGSTOP')
    await pause(6_000)
    for (const pid of all) process.kill(pid, 'SIGCONT')
    await assertSignedIn(5)
    await pause(2_000)
    assert.deepEqual(instance.workers(), workers)
    assert.ok(await isWhole())
  })

  it('a second instance on the same address is refused, although workers share it', async () => {
    const text = readFileSync(join(instance.folder, 'instance.yaml'), 'utf8')
    instance.writeFile('second.yaml', text.replace(`port: ${instance.adminPort}`, `port: ${await freePort()}`))
    const { code, stderr } = await runCli(['serve', '--config', join(instance.folder, 'second.yaml')])
    assert.equal(code, 1)
    assert.match(stderr, /EADDRINUSE.*\n +another process listens there/)
  })

  it('tells nothing of itself to who asks for a worker by name', async () => {
    const { code, stderr } = await runCli(['worker'])
    assert.equal(code, 1)
    assert.match(stderr, /started by the main process alone\n +run: portillon serve/)
    assert.doesNotMatch((await runCli(['--help'])).stdout, /worker/)
  })
})

describe('an instance whose store is embedded', () => {
  it('has one worker, which takes its sessions with it', async () => {
    const [smtp, upstream] = await Promise.all([startSmtp(), startHeldUpstream()])
    const mail = { host: '127.0.0.1', port: smtp.port, security: 'none' }
    const instance = await startInstance({
      upstream: upstream.url,
      config: { drain: '1s', 'drain-notice': '10ms', smtp: mail },
    })
    try {
      const visitor = createVisitor(instance)
      await signInByMail(visitor, smtp)
      assert.equal((await visitor.page('/dcc/')).status, 200)
      const [only = 0, ...others] = instance.workers()
      assert.deepEqual(others, [])
      process.kill(only, 'SIGKILL')
      await instance.logged(/a worker serves in place/)
      assert.equal((await visitor.page('/dcc/')).status, 302)
      const page = await sendRaw({ port: instance.port }, `GET /app/ HTTP/1.1\r\nHost: ${instance.host}\r\n\r\n`)
      assert.equal(page.status, 200)
      assert.deepEqual(await instance.running().stop(), { code: 0, signal: null })
    } finally {
      await instance.running().stop()
      await Promise.all([smtp.stop(), upstream.stop()])
    }
  })
})
