import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { openRaw } from '../kit/raw-http.ts'
import { readStrictly } from '../kit/strict-reader.ts'
import { plainAnswer } from '../kit/upstream.ts'

/**
 * Streams of requests, right and wrong, against a reader that knows RFC 9112 and no mercy (test/kit/strict-reader). What
 * reaches the application is what that reader sees, from the first on and in order, with the same bodies, or the beginning
 * of it: never a request more, never another body.
 */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({ patience: { 'first-byte': '5s', idle: '5s' } })
  behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
})
after(() => behind.stop())

const text = fc.constantFrom(
  '',
  'a',
  'hello',
  '0\r\n\r\n',
  'GET /smuggled HTTP/1.1\r\nHost: dcc.example.test\r\n\r\n',
  '\r\n\r\n5\r\n',
)

const chunk = (body: string, extension: string) => `${body.length.toString(16)}${extension}\r\n${body}\r\n`

const chunked = fc
  .array(fc.record({ body: text, extension: fc.constantFrom('', '', ';a', ';a=b', ';a="b;c"') }), { maxLength: 3 })
  .map((parts) =>
    parts
      .filter(({ body }) => body !== '')
      .map(({ body, extension }) => chunk(body, extension))
      .join(''),
  )
  .chain((parts) => fc.constantFrom('0\r\n\r\n', '000\r\n\r\n', '0\r\nX-Trail: 1\r\n\r\n').map((end) => parts + end))

/** A request of which all readers see the same end. */
const whole = fc.oneof(
  fc.record({ framing: fc.constant('Transfer-Encoding: chunked\r\n'), body: chunked }),
  text.map((body) => ({ framing: `Content-Length: ${body.length}\r\n`, body })),
  fc.constant({ framing: '', body: '' }),
)

const MUTATIONS = [
  ...['\n', '\r', '\0', ' ', '\t', ';', ',', '0', '5', 'x', '+', '-', '\u000b', '\u0085', '_', ':', '"'],
  ...['\r\n', '\r\n ', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n', 'chunked', ', chunked'],
]

/** Changes a message in one place: leaves something out, or puts something in. */
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  leave: fc.constantFrom(0, 0, 1, 1, 2),
  put: fc.constantFrom(...MUTATIONS, ''),
})

const write = (method: string, target: string, { framing, body }: { framing: string; body: string }) =>
  `${method} ${target} HTTP/1.1\r\nHost: ${behind.gate.host}\r\n${behind.signedIn}\r\n${framing}\r\n${body}`

const mutate = (bytes: string, { at, leave, put }: { at: number; leave: number; put: string }) => {
  // The session stays: without it nothing would ever reach the application.
  const from = bytes.indexOf(behind.signedIn) + behind.signedIn.length + 2
  const place = from + Math.floor(at * (bytes.length - from))
  return bytes.slice(0, place) + put + bytes.slice(place + leave)
}

/** Targets carry the number of the run: what an earlier one left on its way is not taken for this one's. */
let run = 0

const stream = fc
  .array(
    fc.record({
      method: fc.constantFrom('POST', 'POST', 'PUT', 'GET'),
      message: whole,
      change: fc.option(mutation, { freq: 2, nil: null }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((messages) => ({
    write: (start: string) =>
      messages
        .map(({ method, message, change }, at) => {
          const written = write(method, `${start}/${at}`, message)
          return change === null ? written : mutate(written, change)
        })
        .join(''),
    isWhole: messages.every(({ change }) => change === null),
  }))

/** Writes everything and waits until the gate has ended the connection, or waits for more of a body that it was promised. */
const sendAll = async (bytes: string, isWhole: boolean): Promise<void> => {
  const connection = await openRaw(behind.at)
  connection.write(bytes)
  if (isWhole) assert.ok(await connection.closed(), `still open after ${JSON.stringify(bytes)}`)
  else await connection.quiet(150)
  connection.destroy()
}

describe('any stream of requests', () => {
  it('F-03, F-04, F-06, F-07, F-09: reaches the application as a strict reader sees it, or less of it', async () => {
    let [served, refused] = [0, 0]
    await fc.assert(
      fc.asyncProperty(stream, async ({ write: writeAt, isWhole }) => {
        const start = `/dcc/${(run += 1)}`
        const last = write('GET', `${start}/last`, { framing: 'Connection: close\r\n', body: '' })
        const bytes = writeAt(start) + last
        // What comes without the session is answered by the gate.
        const expected = readStrictly(bytes)
          .filter(({ fields }) => fields.some(([name]) => name === 'cookie'))
          .map(({ method, target, body }) => ({ method, target, body }))
        await sendAll(bytes, isWhole)
        const seen = behind
          .arrived()
          .filter(({ target }) => target.startsWith(`${start}/`) || target.includes('smuggled'))
          .map(({ method, target, text: body }) => ({ method, target, body }))
        assert.deepEqual(seen, expected.slice(0, seen.length), JSON.stringify(bytes))
        // What nobody changed is served whole, or the property would hold by refusing everything.
        if (isWhole) assert.equal(seen.length, expected.length)
        served += seen.length
        if (seen.length < bytes.split('Host:').length - 1) refused += 1
      }),
      { numRuns: 400 },
    )
    assert.ok(served > 200 && refused > 50, `${served} requests served, ${refused} streams cut`)
  })
})
