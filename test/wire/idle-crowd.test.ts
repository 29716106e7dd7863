import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { after, before, describe, it, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { startHeldUpstream, type HeldUpstream } from '../kit/held-upstream.ts'
import { startInstance, type Instance } from '../kit/instance.ts'
import { openRaw, type RawConnection } from '../kit/raw-http.ts'

/**
 * L-02 at a fifth of its size: 2,000 connections on which nothing happens and 200 WebSockets, in one worker, and then the
 * usual load. `npm run bench` measures the whole number.
 */

const CONNECTIONS = 2_000
const WEB_SOCKETS = 200
/** What one of them may cost a worker: 10,000 of them are to stay under 300 MB. */
const BYTES_EACH = 30_000

let upstream: HeldUpstream
let instance: Instance

before(async () => {
  upstream = await startHeldUpstream()
  upstream.letGo()
  instance = await startInstance({ upstream: upstream.url, config: { workers: 1 } })
})
after(async () => {
  await instance.running().stop()
  await upstream.stop()
})

const request = () => `GET /app/page HTTP/1.1\r\nHost: ${instance.host}\r\n\r\n`

const memory = (): number => {
  const [worker = 0] = instance.workers()
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${worker}/status`, 'utf8'))?.[1]) * 1_024
}

const ask = async (connection: RawConnection): Promise<number> => {
  const began = performance.now()
  connection.write(request())
  assert.equal((await connection.answer()).status, 200)
  return performance.now() - began
}

/** Half of the answers come within this time, milliseconds. */
const usualLatency = async (): Promise<number> => {
  const connection = await openRaw({ port: instance.port })
  const times: number[] = []
  for (let round = 0; round < 300; round += 1) times.push(await ask(connection))
  connection.destroy()
  return times.sort((a, b) => a - b)[150] ?? Infinity
}

/** So many at a time that the queue of the listener holds them. */
const openAll = async <Opened>(count: number, open: () => Promise<Opened>): Promise<Opened[]> => {
  const opened: Opened[] = []
  while (opened.length < count) opened.push(...(await Promise.all(Array.from({ length: 50 }, open))))
  return opened
}

describe('L-02: a crowd that does nothing', () => {
  it('L-02: costs little memory and no time, and each of it is served when it asks again', async (test: TestContext) => {
    // Code is compiled and memory is taken by the first requests, whoever sends them.
    await usualLatency()
    const [before, alone] = [memory(), await usualLatency()]

    const connections = await openAll(CONNECTIONS, async () => {
      const connection = await openRaw({ port: instance.port })
      await ask(connection)
      return connection
    })
    const sockets = await openAll(WEB_SOCKETS, async () => {
      const headers = { host: instance.host, origin: instance.origin }
      const socket = new WebSocket(`ws://127.0.0.1:${instance.port}/app/ws`, { headers })
      await once(socket, 'open')
      return socket
    })
    const each = (memory() - before) / (CONNECTIONS + WEB_SOCKETS)
    const among = await usualLatency()
    test.diagnostic(
      `${Math.round(each)} bytes each; an answer in ${alone.toFixed(2)} ms alone, ${among.toFixed(2)} among them`,
    )
    assert.ok(each < BYTES_EACH, `${each} bytes each`)
    assert.ok(among < 3 * alone + 5, `an answer took ${alone} ms and takes ${among}`)

    for (const connection of connections) await ask(connection)
    for (const socket of sockets) {
      socket.send('word')
      await once(socket, 'message')
      socket.terminate()
    }
    for (const connection of connections) connection.destroy()
  })
})
