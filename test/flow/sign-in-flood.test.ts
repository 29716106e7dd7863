import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startGate, type Gate } from '../kit/gate.ts'
import { wordsOf } from '../kit/passwords.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, giveCredentials, openSignIn, reachCodePage } from '../kit/visitor.ts'

/** Of so many workers each has one thread for hashes, and fifty that wait, whatever machine this is. */
const MANY_WORKERS = 1_024
const AT_MOST = 51

describe('a flood of sign-ins', () => {
  let upstream: HttpUpstream
  let gate: Gate
  before(async () => {
    upstream = await startHttpUpstream()
    gate = await startGate({ upstream: upstream.url, config: { workers: MANY_WORKERS } })
  })
  after(async () => {
    await gate.stop()
    await upstream.stop()
  })

  const figure = async (name: string): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${gate.app.adminPort}/metrics`)).text()
    return Number(new RegExp(`^portillon_password_checks_${name} (\\d+)`, 'm').exec(text)?.[1])
  }

  it('waits in a bounded queue; beyond it people read that it is busy and when to try again, and nothing was counted', async () => {
    const visitor = createVisitor(gate)
    const fields = await openSignIn(visitor)
    const flood = Array.from({ length: AT_MOST + 25 }, (_, at) =>
      giveCredentials(visitor, fields, `inconnu-${at}`, 'faux'),
    )
    const answers = await Promise.all(flood)
    const refused = answers.filter(({ status }) => status === 503)
    assert.ok(refused.length > 0, answers.map(({ status }) => status).join(' '))
    assert.ok(refused.length <= 25)
    assert.ok(answers.every(({ status }) => status === 503 || status === 401))
    for (const answer of refused) {
      assert.deepEqual([answer.headers['x-portillon'], answer.headers['retry-after']], ['sign-in-busy', '5'])
    }
    const [page = assert.fail()] = refused
    assert.match(wordsOf(page), /Beaucoup de personnes se connectent en ce moment/)
    assert.match(wordsOf(page), /Attendez quelques secondes/)
    assert.equal(await figure('refused'), refused.length)
    assert.deepEqual([await figure('running'), await figure('waiting')], [0, 0])
    await reachCodePage(createVisitor(gate))
  })
})
