import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CALL, callOf, callSite, FROM_DPI, makeHospital, open } from '../kit/calls.ts'
import { PERSON } from '../kit/gate.ts'
import { SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, type Answer, type Visitor } from '../kit/visitor.ts'

const DPI = 'https://dpi.example.test'
const chu = makeHospital('chu', '990000017')
const inUse = useGate(callSite([chu], { frames: [DPI] }), [PERSON])
const FRAME = { ...FROM_DPI, 'sec-fetch-dest': 'iframe' }

const inFrame = (visitor: Visitor): Promise<Answer> =>
  visitor.ask(CALL, { form: { token: callOf(chu, inUse.clock.now()) }, headers: FRAME })

describe('R26: a call that is shown in a frame', () => {
  it('gets cookies of that frame, and pages that the listed record system alone may show', async () => {
    const { visitor } = inUse
    const away = await inFrame(visitor)
    const opened = await visitor.page(away.location ?? '', FRAME)
    assert.equal(opened.location?.startsWith('/dcc/patient'), true, opened.body)
    for (const line of [...away.setCookies, ...opened.setCookies].filter((one) => one.startsWith('__Host-')))
      assert.match(
        line,
        /; Secure; SameSite=None; Partitioned|Partitioned; SameSite=None|SameSite=None.*Partitioned|Partitioned.*SameSite=None/i,
        line,
      )
    const page = await visitor.page(opened.location, FRAME)
    assert.equal(page.status, 200)
    assert.equal(page.headers['x-frame-options'], undefined)
    assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'self' https:\/\/dpi\.example\.test/)
  })

  it("shows pages of an application that refuses frames of other sites: the site file's list stands in for that, there alone", async () => {
    const { visitor, upstream, gate, clock } = inUse
    const said: Record<string, string> = {}
    upstream.server.prependListener('request', (_request, answer) => answer.setHeaders(new Map(Object.entries(said))))
    const { location } = await visitor.page((await inFrame(visitor)).location ?? '', FRAME)
    const window = createVisitor(gate)
    await open(window, callOf(chu, clock.now()))
    const framing = async (who: Visitor, ...headers: readonly Record<string, string>[]) => {
      const page = await who.page(location ?? '', ...headers)
      assert.equal(page.status, 200)
      return [page.headers['x-frame-options'], page.headers['content-security-policy']]
    }
    said['X-Frame-Options'] = 'DENY'
    assert.deepEqual(await framing(visitor, FRAME), [undefined, `frame-ancestors 'self' ${DPI}`])
    assert.deepEqual(await framing(window), ['DENY', undefined])
    // A list of its own is never widened.
    said['Content-Security-Policy'] = "frame-ancestors 'none'"
    assert.deepEqual(await framing(visitor, FRAME), [undefined, "frame-ancestors 'none'"])
    delete said['X-Frame-Options']
    delete said['Content-Security-Policy']
  })

  it('goes on in a window of its own where the browser keeps no cookie for frames, once', async () => {
    const { visitor } = inUse
    const away = await inFrame(visitor)
    visitor.cookies.clear()
    const page = await visitor.page(away.location ?? '', FRAME)
    assert.match(page.body, /nouvelle fenêtre/)
    assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'self' https:\/\/dpi\.example\.test/)
    const form = hiddenFields(page.body, `${CALL}/window`)
    const foreign = await createVisitor(inUse.gate).ask(`${CALL}/window`, { form, headers: FROM_DPI })
    assert.equal(foreign.status, 403)
    const moved = await visitor.ask(`${CALL}/window`, { form })
    assert.equal(moved.status, 303, moved.body)
    assert.match(moved.setCookies.join('\n'), /SameSite=Lax/)
    const opened = await visitor.page(moved.location ?? '')
    assert.equal(opened.location?.startsWith('/dcc/patient'), true, opened.body)
    assert.equal((await createVisitor(inUse.gate).ask(`${CALL}/window`, { form })).status, 410)
  })

  it('X-07: is refused where the policy lists nobody, and the frame of a session that is none stays closed', async () => {
    const { visitor } = inUse
    await open(visitor, callOf(chu, inUse.clock.now()))
    assert.ok(visitor.cookies.has(SESSION_COOKIE))
    const framed = await visitor.page('/dcc/patient', FRAME)
    assert.equal(framed.status, 403)
    const top = await visitor.page('/dcc/patient')
    assert.equal(top.headers['x-frame-options'], 'SAMEORIGIN')
  })
})
