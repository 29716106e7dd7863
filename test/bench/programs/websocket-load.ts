import { createHistogram } from 'node:perf_hooks'
import { z } from 'zod'
import { WebSocket } from 'ws'

/**
 * Messages of 100 bytes over many WebSockets for a while: each one waits for its echo, then sends the next. Prints one line
 * of JSON, as wrk's summary. A program of its own: the handshakes and the first messages are not measured.
 */

const MESSAGE = '0123456789'.repeat(10)

const settings = z
  .object({
    url: z.string(),
    host: z.string().optional(),
    origin: z.string(),
    headers: z.record(z.string(), z.string()),
    connections: z.int(),
    warmUp: z.number(),
    seconds: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''))

const { url, host, origin, headers, connections } = settings
const latencies = createHistogram()
const counts = { messages: 0, wrong: 0, errors: 0 }
let isMeasuring = false
let isOver = false

const converse = (socket: WebSocket): void => {
  let sentAt = process.hrtime.bigint()
  socket.on('message', (data: Buffer) => {
    const now = process.hrtime.bigint()
    if (isMeasuring) {
      counts.messages += 1
      latencies.record(now - sentAt)
      if (data.toString('latin1') !== MESSAGE) counts.wrong += 1
    }
    if (isOver) return
    sentAt = now
    socket.send(MESSAGE)
  })
  socket.send(MESSAGE)
}

const open = (): Promise<WebSocket> =>
  new Promise((opened, failed) => {
    const socket = new WebSocket(url, {
      origin,
      headers: { ...headers, ...(host === undefined ? {} : { Host: host }) },
      perMessageDeflate: false,
    })
    socket.once('open', () => {
      socket.on('close', () => (isOver ? 0 : (counts.errors += 1)))
      opened(socket)
    })
    socket.once('error', failed)
  })

const pause = (seconds: number) => new Promise((next) => setTimeout(next, seconds * 1_000))

const sockets = await Promise.all(Array.from({ length: connections }, open))
sockets.forEach(converse)
await pause(settings.warmUp)
process.stdout.write('measuring\n')
isMeasuring = true
const began = process.hrtime.bigint()
await pause(settings.seconds)
isMeasuring = false
isOver = true
const microseconds = Number((process.hrtime.bigint() - began) / 1_000n)
for (const socket of sockets) socket.close()
process.stdout.write(
  `${JSON.stringify({
    requests: counts.messages,
    microseconds,
    bytes: counts.messages * MESSAGE.length,
    p50: latencies.percentile(50) / 1_000,
    p99: latencies.percentile(99) / 1_000,
    non2xx: counts.wrong,
    socketErrors: counts.errors,
  })}\n`,
)
