import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { USUAL_LIMITS } from '../../src/server/visitor-listener.ts'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { startNginx, type Nginx } from '../kit/nginx.ts'
import { listen } from '../kit/ports.ts'
import { openRaw, sendRaw } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'

/**
 * L-07: a front keeps connections to the gate for the next visitor. If the gate closed one first, a request could already be
 * on its way on it, and somebody would read 502 for nothing. Times are a hundredth of the real ones.
 */

const GATE_KEEPS = USUAL_LIMITS.keepAliveTimeout / 100
const FRONT_KEEPS = 600

describe('L-07: how long connections are kept', () => {
  const sampled = (file: string, pattern: RegExp): number[] => {
    const text = readFileSync(new URL(`../../deploy/${file}`, import.meta.url), 'utf8')
    const found = [...text.matchAll(pattern)].map(([, seconds]) => Number(seconds) * 1_000)
    assert.ok(found.length > 0, `${file} no longer says it`)
    return found
  }

  it('L-07: every sample of a front closes before the gate does', () => {
    for (const [file, pattern] of [
      ['nginx/portillon.conf', /keepalive_timeout (\d+)s/g],
      ['nginx/forward-auth.conf', /keepalive_timeout (\d+)s/g],
      ['haproxy/portillon.cfg', /pool-purge-delay (\d+)s/g],
      ['haproxy/forward-auth.cfg', /pool-purge-delay (\d+)s/g],
    ] as const)
      for (const kept of sampled(file, pattern))
        assert.ok(kept + 5_000 < USUAL_LIMITS.keepAliveTimeout, `${file}: ${kept}`)
  })
})

describe('L-07: nginx in front, with sparse traffic', () => {
  let behind: BehindGate
  let between: Server
  let nginx: Nginx
  /** Connections from nginx, and how many of them the gate was the first to end. */
  const seen = { connections: 0, endedByGate: 0 }

  before(async () => {
    behind = await startBehindGate({
      settings: { limits: { keepAliveTimeout: GATE_KEEPS, connectionsCheckingInterval: 50 } },
      site: { rules: [{ id: 'open', match: { path: '/app/**', methods: ['GET', 'POST'] }, allow: 'anyone' }] },
    })
    behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
    between = createServer({ allowHalfOpen: true }, (front) => {
      seen.connections += 1
      let isEnded = false
      const gate = connect({ port: behind.gate.port, host: '127.0.0.1', allowHalfOpen: true })
      front.on('end', () => (isEnded = true)).on('error', () => gate.destroy())
      gate.on('end', () => (seen.endedByGate += isEnded ? 0 : 1)).on('error', () => front.destroy())
      front.pipe(gate)
      gate.pipe(front)
    })
    const port = await listen(between)
    nginx = await startNginx(
      ([at = 0]) => `
        upstream gate { server 127.0.0.1:${port}; keepalive 64; keepalive_timeout ${FRONT_KEEPS}ms; }
        server {
          listen 127.0.0.1:${at};
          location / {
            proxy_pass http://gate;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_next_upstream off;
          }
        }`,
    )
  })
  after(async () => {
    await nginx.stop()
    await behind.stop()
    between.close()
  })

  it('L-07: requests that come just before and just after the front closes are all answered, each sent once', async () => {
    behind.arrived()
    let sent = 0
    const visit = async (lane: number): Promise<void> => {
      for (let round = 0; round < 7; round += 1) {
        const target = `/app/${lane}/${round}`
        const start = (lane + round) % 2 === 0 ? `GET ${target}` : `POST ${target}`
        const bytes = behind.request(
          start,
          'Connection: close',
          ...(start.startsWith('P') ? ['Content-Length: 0'] : []),
        )
        sent += 1
        assert.equal((await sendRaw({ port: nginx.ports[0] ?? 0 }, bytes)).status, 200, start)
        await pause(FRONT_KEEPS - 60 + ((lane * 37 + round * 11) % 120))
      }
    }
    await Promise.all(Array.from({ length: 12 }, (_, lane) => visit(lane)))
    const targets = behind.arrived().map(({ target }) => target)
    assert.equal(targets.length, sent)
    assert.equal(new Set(targets).size, sent)
    assert.ok(seen.connections > 12, 'no connection was ever too old')
    assert.equal(seen.endedByGate, 0)
  })

  it('L-07: the gate ends one that is idle for longer, by itself and without a reset, and not before it said so', async () => {
    const connection = await openRaw(behind.at)
    const faults: unknown[] = []
    connection.socket.on('error', (error) => faults.push(error))
    connection.write(behind.request('GET /app/idle'))
    assert.equal((await connection.answer()).header('connection'), 'keep-alive')
    const began = performance.now()
    assert.ok(await connection.closed(GATE_KEEPS + 5_000))
    assert.ok(performance.now() - began >= GATE_KEEPS - 20)
    assert.deepEqual(faults, [])
    connection.destroy()
  })
})
