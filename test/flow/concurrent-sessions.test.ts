import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { useGate } from '../kit/use-gate.ts'
import { createVisitor, mailedCode, PREFIX, reachCodePage, signIn, type Visitor } from '../kit/visitor.ts'

const use = useGate({ 'email-code': { from: 'WebDCR@example.test', 'per-hour': 60 } })

/** How many sessions a person's own page lists. */
const listed = async (visitor: Visitor): Promise<number> =>
  [...(await visitor.page(`${PREFIX}/account`)).body.matchAll(/name="session" value="[\w-]{40,}"/g)].length

describe('S-09: many sessions of one person', () => {
  it('are not limited, in series or at once: each stays open, is listed, and can be ended', async () => {
    const series: Visitor[] = []
    for (let round = 0; round < 6; round += 1) {
      const visitor = createVisitor(use.gate)
      await signIn(use.gate, visitor)
      series.push(visitor)
    }
    const waiting = []
    for (let round = 0; round < 5; round += 1) {
      const visitor = createVisitor(use.gate)
      const before = use.gate.mails().length
      const { fields } = await reachCodePage(visitor)
      while (use.gate.mails().length === before) await new Promise((resolve) => setImmediate(resolve))
      waiting.push({ visitor, form: { ...fields, code: await mailedCode(use.gate) } })
    }
    const answers = await Promise.all(
      waiting.map(({ visitor, form }) => visitor.ask(`${PREFIX}/sign-in/code`, { form })),
    )
    assert.ok(answers.every(({ status }) => status === 303))
    const all = [...series, ...waiting.map(({ visitor }) => visitor)]
    const pages = await Promise.all(all.map(async (visitor) => (await visitor.page('/dcc/')).status))
    assert.deepEqual(pages, Array<number>(11).fill(200))
    const [last = assert.fail()] = all.slice(-1)
    assert.equal(await listed(last), 10, 'all but this one can be ended there')
  })
})
