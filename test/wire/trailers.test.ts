import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { openRaw } from '../kit/raw-http.ts'

/** Fields that the application sends behind its answer. */

const ANSWER = [
  ...['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Trailer: X-Sum', '', '5', 'hello', '0'],
  ...['X-Sum: 5d41', 'x-NAME: Zo\xe9', 'Set-Cookie: __Host-portillon=x', 'Keep-Alive: timeout=1'],
  ...['Content-Type: text/html', 'Location: https://evil.test', '', ''],
].join('\r\n')

describe('trailers of an answer', () => {
  let behind: BehindGate

  before(async () => {
    behind = await startBehindGate()
  })
  beforeEach(() => {
    behind.arrived()
    behind.upstream.answerWith(() => ANSWER)
  })
  after(() => behind.stop())

  /** What follows the last chunk, and that the connection goes on behind it. */
  const trailersFor = async (...headers: readonly string[]): Promise<string[]> => {
    const connection = await openRaw(behind.at)
    try {
      for (const round of [1, 2]) {
        connection.write(behind.request(`GET /dcc/${round}`, behind.signedIn, ...headers))
        const answer = await connection.answer()
        assert.deepEqual([answer.status, answer.text], [200, 'hello'])
        for (const name of ['x-sum', 'trailer', 'set-cookie', 'location']) assert.equal(answer.header(name), undefined)
        if (round === 2) return answer.raw.toString('latin1').split('\r\n0\r\n')[1]?.split('\r\n').filter(Boolean) ?? []
      }
      return []
    } finally {
      connection.destroy()
    }
  }

  it('W-15: reach a visitor who welcomes them, but for those that would change the answer', async () => {
    assert.deepEqual(await trailersFor('TE: trailers'), ['X-Sum: 5d41', 'x-NAME: Zo\xe9'])
    assert.deepEqual(await trailersFor('TE: gzip;q=0.5, trailers'), ['X-Sum: 5d41', 'x-NAME: Zo\xe9'])
    for (const request of behind.arrived()) assert.equal(request.header('te'), undefined)
  })

  it('W-15: end at the gate for everybody else, and the answer stays whole', async () => {
    assert.deepEqual(await trailersFor(), [])
    assert.deepEqual(await trailersFor('TE: x-trailers'), [])
    const old = await behind.send(
      `GET /dcc/ HTTP/1.0\r\nHost: ${behind.gate.host}\r\nTE: trailers\r\n${behind.signedIn}\r\n\r\n`,
    )
    assert.equal(old.text, 'hello')
  })
})
