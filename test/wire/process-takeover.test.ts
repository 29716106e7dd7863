import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startHeldUpstream, type HeldUpstream } from '../kit/held-upstream.ts'
import { eventually, signInByMail, startInstance, type Instance } from '../kit/instance.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { startSmtp, type SmtpSink } from '../kit/smtp.ts'
import { holdSocket } from '../kit/socket-holder.ts'
import { assertUnharmed, loadOf } from '../kit/steady-load.ts'
import { createVisitor } from '../kit/visitor.ts'

/** An upgrade at noon of one node whose socket a service manager holds (deploy/portillon.socket). */

let redis: RedisServer
let smtp: SmtpSink
let upstream: HeldUpstream
let instance: Instance

before(async () => {
  ;[redis, smtp, upstream] = await Promise.all([startRedis(), startSmtp(), startHeldUpstream()])
  instance = await startInstance({
    upstream: upstream.url,
    redis: redis.url,
    config: {
      workers: 2,
      drain: '10s',
      'drain-notice': '100ms',
      smtp: { host: '127.0.0.1', port: smtp.port, security: 'none' },
    },
    ...(await holdSocket()),
  })
})
after(async () => {
  await instance.running().stop()
  await Promise.all([redis.stop(), smtp.stop(), upstream.stop()])
})

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a process whose socket outlives it', () => {
  it('hands it to the next one under steady load: no connection is refused or broken, new or kept', async () => {
    const visitor = createVisitor(instance)
    await signInByMail(visitor, smtp)
    const loads = [false, true].map((isKept) => loadOf(instance.port, instance.host, visitor.cookieHeader(), isKept))
    const former = instance.mainPid()
    process.kill(former, 'SIGTERM')
    await instance.logged(/the gate is closed/)
    await instance.logged(/the gate stands/)
    assert.notEqual(instance.mainPid(), former)
    const reports = await Promise.all(loads.map((stopLoad) => stopLoad()))
    for (const report of reports) assertUnharmed(report, 40_000)
  })

  it('serves on while a long download holds up its end: nobody waits for that', async () => {
    const visitor = createVisitor(instance)
    const download = visitor.ask('/app/download')
    await eventually(() => upstream.underWay() === 1, 'the download')
    process.kill(instance.mainPid(), 'SIGTERM')
    await eventually(async () => (await instance.readiness()).draining, 'readiness')
    const deadline = performance.now() + 1_000
    while (performance.now() < deadline) assert.equal((await visitor.ask('/app/page')).status, 200)
    assert.ok((await instance.readiness()).draining, 'still the process that ends')
    upstream.letGo()
    assert.equal((await download).status, 200)
    await instance.logged(/the gate stands/)
  })

  it('O-04: leaves no worker behind when it is killed, and the next one serves', async () => {
    const workers = instance.workers()
    assert.equal(workers.length, 2)
    process.kill(instance.mainPid(), 'SIGKILL')
    await instance.logged(/the gate stands/)
    await eventually(() => !workers.some(isAlive), 'the former workers have ended')
    assert.equal((await createVisitor(instance).ask('/app/page')).status, 200)
  })
})
