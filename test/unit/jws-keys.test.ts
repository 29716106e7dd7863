import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createKeySource, type ReadKeys } from '../../src/identity/jws/key-source.ts'
import { readKeysFile, readKeysUrl } from '../../src/identity/jws/read-keys.ts'
import { verifyJws } from '../../src/identity/jws/verify.ts'
import type { Log } from '../../src/lib/log.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createManualClock } from '../kit/clock.ts'
import { jwksOf, makeIssuerKey, signToken } from '../kit/jws.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const first = makeIssuerKey('ES256', 'key-1')
const second = makeIssuerKey('ES256', 'key-2')
const TIMES = { freshFor: 600_000, coolDown: 30_000, staleFor: 86_400_000 }

const listen = async (context: TestContext, answer: RequestListener): Promise<string> => {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
}

const sourceOf = (read: ReadKeys, log: Log = silentLog) => {
  const clock = createManualClock()
  const keys = createKeySource({ ...TIMES, read, clock, log, name: 'hospital' })
  const outcome = async (token: string): Promise<string> => {
    const verified = await verifyJws(token, { algorithms: ['ES256'], keys, types: [null] })
    return verified.ok ? 'verified' : verified.reason
  }
  return { clock, outcome }
}

const byKey = (key = first) => signToken(key, { iss: 'x' })

describe('keys at an address', () => {
  it('J-08: 5,000 tokens of unknown keys cost one fetch a cool-down, and the known key is served meanwhile', async (t) => {
    let asked = 0
    const url = await listen(t, (_request, response) => {
      asked += 1
      response.end(jwksOf(first))
    })
    const { clock, outcome } = sourceOf(readKeysUrl(url))
    assert.equal(await outcome(byKey()), 'verified')
    assert.equal(asked, 1)
    clock.advance('31s')
    const token = byKey()
    const [head = '', ...rest] = token.split('.')
    const named = JSON.parse(Buffer.from(head, 'base64url').toString()) as object
    for (let at = 0; at < 5_000; at += 1) {
      const unknown = Buffer.from(JSON.stringify({ ...named, kid: `k-${at}` })).toString('base64url')
      assert.equal(await outcome([unknown, ...rest].join('.')), 'key-unknown')
    }
    assert.equal(asked, 2)
    assert.equal(await outcome(token), 'verified')
  })

  it('J-08: many who ask at once wait for one fetch', async (t) => {
    let asked = 0
    const url = await listen(t, (_request, response) => {
      asked += 1
      setTimeout(() => response.end(jwksOf(first)), 30)
    })
    const { outcome } = sourceOf(readKeysUrl(url))
    assert.deepEqual(
      new Set(await Promise.all(Array.from({ length: 50 }, () => outcome(byKey())))),
      new Set(['verified']),
    )
    assert.equal(asked, 1)
  })

  it('J-09: a new key serves without a restart, and one that was taken back no longer', async (t) => {
    let keys = jwksOf(first)
    const url = await listen(t, (_request, response) => response.end(keys))
    const { clock, outcome } = sourceOf(readKeysUrl(url))
    assert.equal(await outcome(byKey()), 'verified')
    keys = jwksOf(second)
    clock.advance('31s')
    assert.equal(await outcome(byKey(second)), 'verified')
    assert.equal(await outcome(byKey(first)), 'key-unknown')
    keys = jwksOf(first)
    clock.advance('10m')
    assert.equal(await outcome(byKey(second)), 'key-unknown')
  })

  it('J-09: while the address is down or returns HTML the keys of before carry on, for a day, and the log says so', async (t) => {
    let answer: RequestListener = (_request, response) => response.end(jwksOf(first))
    const url = await listen(t, (request, response) => answer(request, response))
    const told: unknown[] = []
    const log: Log = { ...silentLog, error: (fields) => void told.push(fields) }
    const { clock, outcome } = sourceOf(readKeysUrl(url), log)
    assert.equal(await outcome(byKey()), 'verified')
    answer = (_request, response) => response.setHeader('Content-Type', 'text/html').end('<html>')
    clock.advance('11m')
    assert.equal(await outcome(byKey()), 'verified')
    answer = (request) => request.socket.destroy()
    clock.advance('11m')
    assert.equal(await outcome(byKey()), 'verified')
    assert.deepEqual(told, [
      { issuer: 'hospital', reason: 'not-json', kept: 1 },
      { issuer: 'hospital', reason: 'no answer (ECONNRESET)', kept: 1 },
    ])
    clock.advance('24h')
    assert.equal(await outcome(byKey()), 'keys-unavailable')
  })

  it('J-13: an endless, coded, redirected, failed or late answer gives no keys, in bounded time', async (t) => {
    const answers: Record<string, RequestListener> = {
      'the answer is too large': (_request, response) => {
        const more = () => {
          if (!response.destroyed) response.write(Buffer.alloc(65_536, 32), more)
        }
        more()
      },
      'a coded answer': (_request, response) => response.setHeader('Content-Encoding', 'gzip').end('x'),
      'status 302': (_request, response) => response.writeHead(302, { Location: '/other' }).end(),
      'status 500': (_request, response) => response.writeHead(500).end(),
      'no answer in time': () => {},
    }
    let answer: RequestListener = () => {}
    const url = await listen(t, (request, response) => answer(request, response))
    for (const [reason, how] of Object.entries(answers)) {
      answer = how
      assert.deepEqual(await readKeysUrl(url, { timeout: 300 })(), { ok: false, reason })
    }
  })
})

describe('keys in a file', () => {
  it('J-09: are read again soon: an exchanged key serves, a removed one no longer', async () => {
    const path = join(createTempFolder('jwks').path, 'jwks.json')
    const { clock, outcome } = sourceOf(readKeysFile(path))
    assert.equal(await outcome(byKey()), 'keys-unavailable')
    writeFileSync(path, jwksOf(first))
    clock.advance('31s')
    assert.equal(await outcome(byKey()), 'verified')
    writeFileSync(path, jwksOf(second))
    clock.advance('10m')
    assert.equal(await outcome(byKey(first)), 'key-unknown')
    assert.equal(await outcome(byKey(second)), 'verified')
    rmSync(path)
    clock.advance('10m')
    assert.equal(await outcome(byKey(second)), 'verified')
  })

  it('are not read when the file is too large', async () => {
    const path = join(createTempFolder('jwks').path, 'jwks.json')
    writeFileSync(path, ' '.repeat(300_000))
    assert.deepEqual(await readKeysFile(path)(), { ok: false, reason: 'the file is too large' })
  })
})
