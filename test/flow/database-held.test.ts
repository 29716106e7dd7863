import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startGate, type Gate } from '../kit/gate.ts'
import { holdLock } from '../kit/sqlite-lock.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, mailedCode, PREFIX, reachCodePage, signIn, type Answer } from '../kit/visitor.ts'

/** A gate whose SQLite file another process holds: a backup that was made the wrong way, a shell that somebody left open. */

describe('a gate whose SQLite file is locked by another process', () => {
  const databaseUrl = `sqlite:${join(createTempFolder('held').path, 'accounts.sqlite')}`
  let upstream: HttpUpstream
  let gate: Gate

  before(async () => {
    upstream = await startHttpUpstream()
    gate = await startGate({ upstream: upstream.url, settings: { databaseUrl } })
  })
  after(async () => {
    await gate.stop()
    await upstream.stop()
  })

  it('E-04: carries live sessions while a sign-in waits for the lock, refuses that in time (503), and recovers', async () => {
    const visitor = createVisitor(gate)
    await signIn(gate, visitor)
    const newcomer = createVisitor(gate)
    const mails = gate.mails().length
    const { fields } = await reachCodePage(newcomer)
    while (gate.mails().length === mails) await new Promise((soon) => setImmediate(soon))
    const form = { ...fields, code: await mailedCode(gate) }

    const held = await holdLock(databaseUrl)
    const answered: Answer[] = []
    const landing = newcomer.ask(`${PREFIX}/sign-in/code`, { form }).then((answer) => answered.push(answer))
    let served = 0
    try {
      while (answered.length === 0) {
        assert.equal((await visitor.page('/dcc/')).status, 200)
        assert.equal((await visitor.ask('/dcc/', { form: { note: 'x' } })).status, 200)
        served += 1
      }
      await landing
    } finally {
      await held.release()
    }
    assert.equal(answered[0]?.status, 503, answered[0]?.body)
    // A process that waited with the sign-in would have served what was on its way by then, and nothing else.
    assert.ok(served > 3, `${served} rounds meanwhile`)
    assert.ok(gate.log.some(({ fields }) => JSON.stringify(fields).includes('SQLITE_BUSY')))

    await signIn(gate, createVisitor(gate))
    assert.equal((await visitor.page('/dcc/')).status, 200)
  })
})
