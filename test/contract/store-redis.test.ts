import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pass } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { Fault } from '../../src/lib/errors.ts'
import { silentLog, type Log } from '../../src/lib/log.ts'
import { openStore } from '../../src/store/open.ts'
import { createRedisStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { createManualClock } from '../kit/clock.ts'
import { freePort, listen } from '../kit/ports.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const MINUTE = 60_000

let redis: RedisServer
before(async () => {
  redis = await startRedis()
})
after(() => redis.stop())

const isUnavailable = (thrown: unknown): boolean => thrown instanceof Fault && thrown.code === 'store-unavailable'

/** The promise settles within two seconds, and with the fault. */
const failsInTime = async (work: () => Promise<unknown>): Promise<void> => {
  const begun = performance.now()
  await assert.rejects(work, isUnavailable)
  const took = performance.now() - begun
  assert.ok(took < 2_000, `took ${Math.round(took)} ms`)
}

/** Asks until the store answers again; the test's own time limit ends a store that never does. */
const recovers = async (store: Store): Promise<void> => {
  for (;;) {
    try {
      await store.ping()
      return
    } catch (thrown) {
      assert.ok(isUnavailable(thrown))
      await pass(20)
    }
  }
}

describe('Redis store', () => {
  const connectTo = (url: string, log: Log = silentLog): Store => createRedisStore({ url, prefix: 'away:', log })

  it('is what the instance file opens, and memory only when asked for by name', async (context) => {
    const deps = { clock: createManualClock(), log: silentLog }
    const shared = openStore({ redis: redis.url, prefix: 'opened:' }, deps)
    const sharer = openStore({ redis: redis.url, prefix: 'opened:' }, deps)
    const alone = openStore('embedded', deps)
    context.after(() => Promise.all([shared.close(), sharer.close(), alone.close()]))
    await shared.set('a', '1', MINUTE)
    assert.equal(await sharer.get('a'), '1')
    assert.equal(await alone.get('a'), null)
    assert.throws(() => openStore({ prefix: 'opened:' }, deps), /store\.redis is not set/)
  })

  it('Q-01: with the server stopped every operation fails within 2 s, and the same client finds the same keys again', async (context) => {
    const server = await startRedis()
    const store = connectTo(server.url)
    const writer = connectTo(server.url)
    context.after(() => Promise.all([store.close(), writer.close(), server.stop()]))
    const gaps: string[] = []
    const heard: string[] = []
    await store.set('session', 'record', MINUTE)
    await store.subscribe(
      'ended',
      (message) => heard.push(message),
      () => gaps.push('gap'),
    )
    assert.equal(store.isSubscriptionLive(), true)

    await server.stop()
    await failsInTime(() => store.ping())
    assert.equal(store.isSubscriptionLive(), false)
    assert.ok(gaps.length > 0)
    const operations: (() => Promise<unknown>)[] = [
      () => store.get('session'),
      () => store.set('session', 'other', MINUTE),
      () => store.take('session'),
      () => store.replace('session', 'record', 'other'),
      () => store.delete('session'),
      () => store.extend('session', MINUTE),
      () => store.timeToLive('session'),
      () => store.increment('n', MINUTE),
      () => store.addMember('s', 'm', MINUTE),
      () => store.removeMember('s', 'm'),
      () => store.members('s'),
      () => store.scan('', 1),
      () => store.publish('ended', 'x'),
    ]
    await Promise.all(operations.map(failsInTime))

    await server.restart()
    await recovers(store)
    assert.equal(await store.get('session'), 'record')
    while (!store.isSubscriptionLive()) await pass(20)
    await recovers(writer)
    await writer.publish('ended', 'after')
    while (heard.length === 0) await pass(5)
    assert.deepEqual(heard, ['after'])
  })

  it('O-09: made while the server is absent, it neither throws nor waits, and comes to life with the server', async (context) => {
    const server = await startRedis()
    await server.stop()
    const lines: string[] = []
    const log: Log = {
      ...silentLog,
      error: (_, message) => lines.push(message),
      info: (_, message) => lines.push(message),
    }
    const store = connectTo(server.url, log)
    context.after(() => Promise.all([store.close(), server.stop()]))
    const heard = Promise.withResolvers<string>()
    const begun = performance.now()
    await store.subscribe('ended', heard.resolve)
    assert.ok(performance.now() - begun < 2_000)
    assert.equal(store.isSubscriptionLive(), false)
    await failsInTime(() => store.get('a'))
    await server.restart()
    await recovers(store)
    while (!store.isSubscriptionLive()) await pass(20)
    await store.publish('ended', 'digest')
    assert.equal(await heard.promise, 'digest')
    // One line for each connection's loss and one for its return, however many attempts lay between.
    assert.deepEqual(lines.toSorted(), [
      ...Array.from({ length: 2 }, () => 'store connected'),
      ...Array.from({ length: 2 }, () => 'store connection lost'),
    ])
  })

  it('Q-07: a socket path that vanishes is a fault, never an absent key', async (context) => {
    const server = await startRedis()
    const store = connectTo(server.socketUrl)
    context.after(() => Promise.all([store.close(), server.stop()]))
    await store.set('session', 'record', MINUTE)
    await server.stop()
    for (let tries = 0; tries < 3; tries += 1) await failsInTime(() => store.get('session'))
    await server.restart()
    await recovers(store)
    assert.equal(await store.get('session'), 'record')
  })

  it('Q-03: a frozen server is a fault within 2 s, and nothing piles up behind it', async (context) => {
    const server = await startRedis()
    const store = connectTo(server.url)
    context.after(() => Promise.all([store.close(), server.stop()]))
    await store.set('session', 'record', MINUTE)
    await store.subscribe('ended', () => undefined)
    server.pause()
    for (let round = 0; round < 3; round += 1)
      await Promise.all(Array.from({ length: 100 }, () => failsInTime(() => store.get('session'))))
    server.resume()
    await recovers(store)
    assert.equal(await store.get('session'), 'record')
  })

  it('a listening connection that only seems to stand is noticed and no longer called live', async (context) => {
    const server = await startRedis()
    const store = connectTo(server.url)
    context.after(() => Promise.all([store.close(), server.stop()]))
    const gap = Promise.withResolvers<undefined>()
    await store.subscribe(
      'ended',
      () => undefined,
      () => gap.resolve(undefined),
    )
    server.pause()
    await gap.promise
    assert.equal(store.isSubscriptionLive(), false)
    server.resume()
    while (!store.isSubscriptionLive()) await pass(20)
  })

  it('a server that accepts and never speaks is a fault within 2 s', async (context) => {
    const mute = createServer()
    const port = await listen(mute)
    const store = connectTo(`redis://127.0.0.1:${port}`)
    context.after(async () => {
      await store.close()
      mute.close()
    })
    await failsInTime(() => store.get('a'))
  })

  it('a lost reply is a fault: what takes or counts is never sent a second time', async (context) => {
    const sent: string[] = []
    const cutting = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (data) => {
        const text = data.toString('latin1')
        sent.push(text)
        if (/GETDEL/i.test(text)) socket.destroy()
        else if (/HELLO/i.test(text)) socket.write('%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n')
        else if (/INFO/i.test(text)) socket.write('$9\r\nloading:0\r\n')
      })
    })
    const port = await listen(cutting)
    const store = connectTo(`redis://127.0.0.1:${port}`)
    context.after(async () => {
      await store.close()
      cutting.close()
    })
    await failsInTime(() => store.take('code'))
    await failsInTime(() => store.take('code'))
    assert.equal(sent.filter((text) => /GETDEL/i.test(text)).length, 2)
  })

  it('S-19: writes nothing outside its prefix, channels included', async (context) => {
    const store = createRedisStore({ url: redis.url, prefix: 'mine:', log: silentLog })
    const raw = new Redis(redis.url)
    context.after(async () => {
      await store.close()
      raw.disconnect()
    })
    await raw.flushall()
    await raw.set('a', 'foreign')
    await store.set('a', '1', MINUTE)
    await store.increment('n', MINUTE)
    await store.addMember('s', 'm', MINUTE)
    await store.subscribe('ended', () => undefined)
    assert.deepEqual((await raw.keys('*')).toSorted(), ['a', 'mine:a', 'mine:n', 'mine:s'])
    assert.deepEqual(await raw.pubsub('CHANNELS'), ['mine:ended'])
    assert.equal(await store.get('a'), '1')
    assert.deepEqual((await store.scan('', 10)).toSorted(), ['a', 'n', 's'])
    for (const key of ['mine:a', 'mine:n', 'mine:s']) assert.ok((await raw.pttl(key)) > 0, key)
  })

  it('a fault carries no command, key or value', async (context) => {
    const store = createRedisStore({ url: redis.url, prefix: 'mine:', log: silentLog })
    const raw = new Redis(redis.url)
    context.after(async () => {
      await store.close()
      raw.disconnect()
    })
    await raw.del('mine:list')
    await raw.rpush('mine:list', 'x')
    await assert.rejects(
      () => store.replace('list', 'canary-old', 'canary-new'),
      (thrown) => {
        assert.ok(thrown instanceof Fault && thrown.code === 'store-unavailable')
        assert.match(thrown.message, /WRONGTYPE/)
        assert.doesNotMatch(inspect(thrown, { depth: 5 }), /canary/)
        return true
      },
    )
  })

  it('G-06: an unreadable address is refused at once and not repeated in the message', () => {
    for (const url of ['redis://', 'http://h', 'redis://h/x', 'redis://u:s3cret@h:99999', 'unix://host/path', 'h:6379'])
      assert.throws(
        () => connectTo(url),
        (thrown) => thrown instanceof TypeError && !thrown.message.includes('s3cret'),
        url,
      )
  })

  it('uses the password and the database of the address, and a wrong password is a fault', async (context) => {
    const server = await startRedis('--requirepass', 's3cret:/@')
    const port = new URL(server.url).port
    const right = connectTo(`redis://:${encodeURIComponent('s3cret:/@')}@127.0.0.1:${port}/3`)
    const bySocket = connectTo(`${server.socketUrl}?db=3&password=${encodeURIComponent('s3cret:/@')}`)
    const wrong = connectTo(`redis://:wrong@127.0.0.1:${port}/3`)
    const without = connectTo(server.url)
    context.after(() =>
      Promise.all([...[right, bySocket, wrong, without].map((store) => store.close()), server.stop()]),
    )
    await right.set('a', '1', MINUTE)
    assert.equal(await bySocket.get('a'), '1')
    await failsInTime(() => wrong.get('a'))
    await failsInTime(() => without.get('a'))
  })

  it('G-08: rediss:// refuses a server whose certificate is not trusted, and serves with one that is', async (context) => {
    const folder = createTempFolder('redis-tls').path
    const { key, cert } = makeCertificate('127.0.0.1')
    writeFileSync(`${folder}/key.pem`, key)
    writeFileSync(`${folder}/cert.pem`, cert)
    const port = await freePort()
    const files = ['--tls-key-file', `${folder}/key.pem`, '--tls-cert-file', `${folder}/cert.pem`]
    const server = await startRedis('--tls-port', `${port}`, ...files, '--tls-auth-clients', 'no')
    const refused = Promise.withResolvers<unknown>()
    const log: Log = { ...silentLog, error: ({ reason }) => refused.resolve(reason) }
    const store = connectTo(`rediss://127.0.0.1:${port}`, log)
    context.after(() => Promise.all([store.close(), server.stop()]))
    await failsInTime(() => store.get('a'))
    assert.equal(await refused.promise, 'DEPTH_ZERO_SELF_SIGNED_CERT')

    const authorities = getCACertificates('default')
    setDefaultCACertificates([...authorities, cert])
    context.after(() => setDefaultCACertificates(authorities))
    await recovers(store)
    await store.set('a', '1', MINUTE)
    assert.equal(await store.get('a'), '1')
  })

  it('closes while the server is away without waiting for it', async () => {
    const store = connectTo(`redis://127.0.0.1:${await freePort()}`)
    const begun = performance.now()
    await store.close()
    assert.ok(performance.now() - begun < 2_000)
    await assert.rejects(() => store.get('a'), isUnavailable)
  })
})
