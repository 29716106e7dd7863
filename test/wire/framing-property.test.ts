import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { openRaw } from '../kit/raw-http.ts'
import { requestStream, writeRequest } from '../kit/request-streams.ts'
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

/** Targets carry the number of the run: what an earlier one left on its way is not taken for this one's. */
let run = 0

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
      fc.asyncProperty(requestStream, async ({ write: writeAt, isWhole }) => {
        const start = `/dcc/${(run += 1)}`
        const to = { host: behind.gate.host, signedIn: behind.signedIn }
        const last = writeRequest(to, 'GET', `${start}/last`, { framing: 'Connection: close\r\n', body: '' })
        const bytes = writeAt(to, start) + last
        // What comes without the session is answered by the gate.
        const expected = readStrictly(bytes)
          .filter(({ fields }) => fields.some(([name]) => name === 'cookie'))
          .map(({ method, target, body }) => ({ method, target, body }))
        await sendAll(bytes, isWhole)
        const seen = behind
          .arrived()
          .filter(({ target }) => target.startsWith(`${start}/`) || target.includes('smuggled'))
          .map(({ method, target, body }) => ({ method, target, body: body.toString('latin1') }))
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
