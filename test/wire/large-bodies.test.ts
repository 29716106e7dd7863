import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest, type ClientRequest, type IncomingMessage, type Server } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startInstance, type Instance } from '../kit/instance.ts'
import { listen } from '../kit/ports.ts'

/** Bodies far larger than memory, through a gate that is a process of its own, so that its memory can be looked at (U-08). */

const MIB = 1_048_576
const PIECE = Buffer.alloc(MIB / 4, 'x')
/** In each of four ways. */
const QUARTER = 256 * MIB
/** What the process may take more than before. */
const ROOM = 64 * MIB
/** What the kernel's buffers of two connections and both programs hold. */
const BUFFERS = 48 * MIB

interface Taking {
  write(piece: Buffer): boolean
  once(event: 'drain', heard: () => void): unknown
  end(): unknown
}

/** Writes so many bytes, no faster than they are taken. */
const pour = async (to: Taking, size: number, count?: (sent: number) => void): Promise<void> => {
  for (let sent = 0; sent < size; sent += PIECE.length) {
    count?.(sent)
    if (!to.write(PIECE)) await new Promise<void>((taken) => to.once('drain', taken))
  }
  to.end()
}

/** Reads to the end; rests after each piece. @returns the size */
const drain = async (
  from: AsyncIterable<Buffer>,
  count?: (read: number) => void,
  rest?: () => Promise<void>,
): Promise<number> => {
  let read = 0
  for await (const piece of from) {
    read += piece.length
    count?.(read)
    await rest?.()
  }
  return read
}

describe('a gibibyte', () => {
  let application: Server
  let instance: Instance
  /** What the application has been able to send to `/app/held`, and has read of what comes there. */
  const held = { sent: 0, read: 0 }

  before(async () => {
    application = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://application')
      const size = Number(searchParams.get('size'))
      const count = pathname === '/app/held' ? held : { sent: 0, read: 0 }
      const rest = pathname === '/app/held' ? () => pause(20) : undefined
      if (request.method === 'GET') {
        response.writeHead(200, searchParams.has('chunked') ? {} : { 'content-length': size })
        void pour(response, size, (sent) => (count.sent = sent))
      } else {
        drain(request, (read) => (count.read = read), rest).then(
          (all) => response.end(String(all)),
          () => response.destroy(),
        )
      }
    })
    const upstream = `http://127.0.0.1:${await listen(application)}`
    instance = await startInstance({ upstream, config: { workers: 1 } })
  })
  after(async () => {
    await instance.running().stop()
    application.closeAllConnections()
    application.close()
  })

  const ask = (method: string, path: string, headers: Readonly<Record<string, string | number>> = {}) => {
    const at = { host: '127.0.0.1', port: instance.port, path, method, agent: false }
    return httpRequest({ ...at, headers: { host: instance.host, ...headers } })
  }
  const answerTo = async (request: ClientRequest): Promise<IncomingMessage> => {
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    assert.equal(answer.statusCode, 200)
    return answer
  }
  const download = async (size: number, more = ''): Promise<void> => {
    const request = ask('GET', `/app/file?size=${size}${more}`)
    request.end()
    assert.equal(await drain(await answerTo(request)), size)
  }
  const upload = async (size: number, headers: Readonly<Record<string, string | number>>): Promise<void> => {
    const request = ask('POST', '/app/file', headers)
    const answered = answerTo(request)
    await pour(request, size)
    let text = ''
    for await (const piece of (await answered).setEncoding('utf8')) text += piece as string
    assert.equal(text, String(size))
  }
  const allWays = (size: number) =>
    Promise.all([
      download(size),
      download(size, '&chunked'),
      upload(size, { 'content-length': size }),
      upload(size, { 'transfer-encoding': 'chunked' }),
    ])
  /** Of the worker, bytes. */
  const memory = (line: 'VmRSS' | 'VmHWM'): number => {
    const status = readFileSync(`/proc/${instance.workers()[0]}/status`, 'utf8')
    return Number(new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1_024
  }
  const forgetPeak = () => writeFileSync(`/proc/${instance.workers()[0]}/clear_refs`, '5')

  it('U-08: up and down, by length and in chunks, takes no memory; who is slow meanwhile holds the other side back', async () => {
    await allWays(PIECE.length * 64)
    forgetPeak()
    const before = memory('VmRSS')

    let read = 0
    let written = 0
    const slowDown = ask('GET', `/app/held?size=${QUARTER}`)
    slowDown.end()
    const reading = answerTo(slowDown).then((answer) =>
      drain(
        answer,
        (all) => (read = all),
        () => pause(20),
      ),
    )
    const slowUp = ask('POST', '/app/held', { 'content-length': QUARTER })
    const writing = pour(slowUp, QUARTER, (all) => (written = all))
    for (const left of [reading, writing]) left.catch(() => undefined)
    slowUp.on('error', () => undefined)

    await allWays(QUARTER)

    const grown = memory('VmHWM') - before
    assert.ok(grown < ROOM, `${Math.round(grown / MIB)} MiB more than before`)
    assert.ok(read > 0 && held.read > 0, 'nothing passed')
    assert.ok(held.sent - read < BUFFERS, `${held.sent} sent by the application, ${read} read by the visitor`)
    assert.ok(written - held.read < BUFFERS, `${written} sent by the visitor, ${held.read} read by the application`)
    assert.ok(held.sent < QUARTER && written < QUARTER, 'they were not slow')
    slowDown.destroy()
    slowUp.destroy()
  })
})
