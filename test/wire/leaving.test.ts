import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { setTimeout as pause } from 'node:timers/promises'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { eventually } from '../kit/instance.ts'
import { openRaw } from '../kit/raw-http.ts'
import { startSocketApplication, type SocketApplication } from '../kit/socket-application.ts'

/** Many visitors who leave: nothing of what they had asked for stays behind. */

const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
const CHUNK = `400\r\n${'x'.repeat(1_024)}\r\n`

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

let application: SocketApplication
let behind: BehindGate

before(async () => {
  // What never ends by itself: an answer that goes on until somebody closes.
  application = await startSocketApplication((socket) => {
    socket.once('data', () => {
      socket.write(HEAD + CHUNK)
      const timer = setInterval(() => socket.write(CHUNK), 50)
      socket.once('close', () => clearInterval(timer))
    })
  })
  behind = await startBehindGate({ application: application.url, patience: { connections: 100, queue: 1_000 } })
})
after(async () => {
  await behind.stop()
  await application.stop()
})

const descriptors = () => readdirSync('/proc/self/fd').length
const heap = async (): Promise<number> => {
  for (let round = 0; round < 4; round += 1) {
    collect()
    await pause(50)
  }
  return process.memoryUsage().heapUsed
}

describe('visitors who leave', () => {
  it('U-03: 100 in mid-download: every request to the application is cancelled within a second', async () => {
    const connections = await Promise.all(Array.from({ length: 100 }, () => openRaw(behind.at)))
    for (const connection of connections) connection.write(behind.request('GET /dcc/file', behind.signedIn))
    await eventually(() => connections.every((one) => one.rest().length > 1_000), 'everybody receives')
    assert.equal(application.open(), 100)
    const started = performance.now()
    for (const connection of connections) connection.destroy()
    await eventually(() => application.open() === 0, 'all requests are cancelled')
    assert.ok(performance.now() - started < 1_000)
  })

  it('L-06: 2,000 at random moments: descriptors, connections to the application and memory are as before', async () => {
    const leave = async (nth: number): Promise<void> => {
      const connection = await openRaw(behind.at)
      const start = nth % 4 === 0 ? 'POST /dcc/file' : 'GET /dcc/file'
      const length = nth % 4 === 0 ? ['Content-Length: 100000'] : []
      const bytes = behind.request(start, behind.signedIn, ...length)
      // Some have not even sent the whole of their request.
      connection.write(nth % 5 === 0 ? bytes.slice(0, (nth * 31) % bytes.length) : bytes)
      if (nth % 4 === 0) connection.write('x'.repeat((nth * 37) % 50_000))
      await pause((nth * 7919) % 120)
      if (nth % 3 === 0) connection.socket.resetAndDestroy()
      else connection.destroy()
    }
    const storm = async (from: number, count: number): Promise<void> => {
      for (let at = from; at < from + count; at += 100)
        await Promise.all(Array.from({ length: 100 }, (_, nth) => leave(at + nth)))
      await eventually(() => application.open() === 0, 'no request is left at the application')
    }
    // What is made once, by the first hundreds, is no leak.
    await storm(0, 500)
    const before = { descriptors: descriptors(), heap: await heap() }
    await storm(500, 2_000)
    await eventually(() => descriptors() <= before.descriptors + 5, 'the descriptors are given back')
    const grown = (await heap()) - before.heap
    assert.ok(grown < 4_000_000, `${grown} bytes more than before`)
  })
})
