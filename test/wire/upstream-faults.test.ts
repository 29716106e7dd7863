import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, assertDressed, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { freePort } from '../kit/ports.ts'
import { openRaw, type RawAnswer } from '../kit/raw-http.ts'
import { echo, plainAnswer } from '../kit/upstream.ts'

/** An application that is not there, says nothing, says nonsense or breaks off: the visitor is told, and the gate goes on. */

const FIRST_BYTE = 1_000

const assertTold = (behind: BehindGate, answer: RawAnswer, status: number, code: string): void => {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.header('x-portillon'), code)
  assert.equal(answer.header('cache-control'), 'no-store')
  assertDressed(answer)
  const line = behind.gate.log.findLast(({ message }) => message === 'request refused')
  assert.equal(line?.fields['error'], code)
  assert.equal(line.level, 'error')
  assert.ok(answer.text.includes(String(line.fields['reference'])))
  assert.match(answer.text, /Votre référent RCP/)
  assert.doesNotMatch(answer.text, /127\.0\.0\.1|ECONN|UND_|HPE_|undici/)
}

/** As a page and as a script. */
const askBoth = async (behind: BehindGate, status: number, code: string): Promise<void> => {
  const page = await behind.askSignedIn('GET /dcc/', ...AS_PAGE)
  assertTold(behind, page, status, code)
  assert.match(page.text, /<h1>/)
  const json = await behind.askSignedIn('GET /dcc/', 'Accept: application/json')
  assertTold(behind, json, status, code)
  assert.equal((JSON.parse(json.text) as { error: string }).error, code)
}

describe('an application that is not there', () => {
  let behind: BehindGate

  before(async () => {
    behind = await startBehindGate({ application: `http://127.0.0.1:${await freePort()}` })
  })
  after(() => behind.stop())

  it('U-01: 502 as page and JSON, naming the support contact', async () => {
    await askBoth(behind, 502, 'upstream-unreachable')
  })

  it('U-01: whoever sends a large form reads that page too', async () => {
    const connection = await openRaw(behind.at)
    connection.write(behind.request('POST /dcc/', behind.signedIn, ...AS_PAGE, 'Content-Length: 300000'))
    connection.write(Buffer.alloc(300_000))
    assertTold(behind, await connection.answer(), 502, 'upstream-unreachable')
    connection.destroy()
  })

  it('U-01: a HEAD is told without a body', async () => {
    const answer = await behind.askSignedIn('HEAD /dcc/')
    assert.deepEqual([answer.status, answer.body.length], [502, 0])
  })
})

describe('an application that misbehaves', () => {
  let behind: BehindGate

  before(async () => {
    behind = await startBehindGate({ patience: { 'first-byte': `${FIRST_BYTE}ms`, idle: '1s' } })
  })
  beforeEach(() => behind.arrived())
  after(() => behind.stop())

  /** Writes bytes whatever was asked, and has done with the connection. */
  const say = (bytes: string | Buffer, after: (socket: Socket) => void = () => undefined): void => {
    behind.upstream.answerWith((_request, socket) => {
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
      after(socket)
      return null
    })
  }

  const assertGoesOn = async (): Promise<void> => {
    behind.upstream.answerWith(echo)
    assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
  }

  it('U-01: that never answers: 504 in time, and a form is sent once', async () => {
    behind.upstream.answerWith(() => null)
    const started = performance.now()
    await askBoth(behind, 504, 'upstream-timeout')
    assert.ok(performance.now() - started < 2 * FIRST_BYTE + 3_000)
    behind.arrived()
    const form = await behind.askSignedIn('POST /dcc/', 'Content-Length: 0', ...AS_PAGE)
    assertTold(behind, form, 504, 'upstream-timeout')
    assert.equal(behind.arrived().length, 1)
    await assertGoesOn()
  })

  for (const [what, bytes] of [
    ['noise', 'this is no HTTP\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a bare CR in a value', 'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n'],
    ['a control character in a name', 'HTTP/1.1 200 OK\r\nX\x01: a\r\nContent-Length: 0\r\n\r\n'],
    ['a blank in a name', 'HTTP/1.1 200 OK\r\nX Y: a\r\nContent-Length: 0\r\n\r\n'],
    ['NUL in a value', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'],
    ['an obsolete fold', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
    ['an empty name', 'HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 0\r\n\r\n'],
    ['a status that nobody knows', 'HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok'],
    ['a status that is none', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a header of 1 MB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`],
    ['100 kB of headers', `HTTP/1.1 200 OK\r\n${`X: ${'x'.repeat(1_000)}\r\n`.repeat(100)}\r\n`],
  ] as const) {
    it(`F-16, U-07: that says ${what}: 502 once, nothing of it comes through, and the next request is answered`, async () => {
      say(bytes, (socket) => socket.end())
      const answer = await behind.askSignedIn('GET /dcc/', ...AS_PAGE)
      assertTold(behind, answer, 502, 'upstream-invalid')
      assert.equal(answer.header('x'), undefined)
      assert.equal(behind.arrived().length, 1)
      await assertGoesOn()
    })
  }

  it('F-16: two lengths that agree come back as one, or not at all', async () => {
    behind.upstream.answerWith(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok')
    const answer = await behind.askSignedIn('GET /dcc/')
    if (answer.status === 200) assert.deepEqual([answer.all('content-length'), answer.text], [['2'], 'ok'])
    else assert.equal(answer.status, 502)
  })

  it('U-07: a reason phrase in any bytes is no fault', async () => {
    for (const [reason, expected] of [
      ['Tr\u00c3\u00a8s bien', 'Tr\u00c3\u00a8s bien'],
      ['Tr\u00e8s bien', ''],
      ['', ''],
      ['OK\tOK', ''],
    ] as const) {
      behind.upstream.answerWith(() => `HTTP/1.1 200 ${reason}\r\nContent-Length: 2\r\n\r\nok`)
      const answer = await behind.askSignedIn('GET /dcc/')
      assert.deepEqual([answer.startLine, answer.text], [`HTTP/1.1 200 ${expected}`, 'ok'])
    }
  })

  it('U-01: that closes without a word: 502, and a form is sent once', async () => {
    await assertGoesOn()
    behind.arrived()
    // The connection is one that was kept open: the worst moment to lose it (U-04).
    say('', (socket) => socket.destroy())
    const form = await behind.askSignedIn('POST /dcc/', 'Content-Length: 0', ...AS_PAGE)
    assertTold(behind, form, 502, 'upstream-unreachable')
    assert.equal(behind.arrived().length, 1)
    await assertGoesOn()
  })

  for (const [what, bytes, after] of [
    [
      'in the middle of a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf',
      (socket: Socket) => socket.end(),
    ],
    ['by a reset', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf', (socket: Socket) => socket.resetAndDestroy()],
    [
      'between two chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
      (socket: Socket) => socket.end(),
    ],
    [
      'by a chunk that is none',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n',
      () => undefined,
    ],
    ['by falling silent', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', () => undefined],
  ] as const) {
    it(`that breaks off ${what}: the visitor sees that it is not whole`, async () => {
      say(bytes, after)
      const connection = await openRaw(behind.at)
      connection.write(behind.request('GET /dcc/', behind.signedIn))
      assert.ok(await connection.closed(5_000), 'the connection stays open')
      const seen = connection.rest().toString('latin1')
      assert.doesNotMatch(seen, /\r\n0\r\n\r\n$/, 'it looks whole')
      const [, length] = /Content-Length: (\d+)/i.exec(seen) ?? []
      if (length !== undefined) assert.ok(seen.split('\r\n\r\n')[1]?.length !== Number(length), 'it looks whole')
      connection.destroy()
      await assertGoesOn()
    })
  }

  it('that keeps a visitor waiting holds nobody else up', async () => {
    behind.upstream.answerWith(({ target }) => (target === '/slow' ? null : plainAnswer('200 OK', 'quick')))
    const slow = behind.askSignedIn('GET /slow')
    const quick = await Promise.all(Array.from({ length: 20 }, () => behind.askSignedIn('GET /quick')))
    assert.ok(quick.every(({ text }) => text === 'quick'))
    assert.equal((await slow).status, 504)
  })
})
