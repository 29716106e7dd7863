import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BROWSER_COOKIE, COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import {
  createVisitor,
  giveCredentials,
  hiddenFields,
  mailedCode,
  openSignIn,
  PREFIX,
  reachCodePage,
  signIn,
} from '../kit/visitor.ts'

const use = useGate()

describe('tabs, old pages and circles', () => {
  it('R4: any tab may finish; the others go on to their own page', async () => {
    const first = await reachCodePage(use.visitor, '/dcc/premier')
    const second = await openSignIn(use.visitor, '/dcc/second')
    await use.visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...first.fields, code: await mailedCode(use.gate) } })
    const tab = await use.visitor.page(`${PREFIX}/sign-in?to=${encodeURIComponent(second['to'] ?? '')}`)
    assert.equal(tab.status, 303)
    assert.equal(tab.location, '/dcc/second')
    const reloaded = await use.visitor.page(first.location)
    assert.equal(reloaded.status, 303)
    const script = await use.visitor.ask(`${PREFIX}/session?to=${encodeURIComponent(second['to'] ?? '')}`)
    const { signedIn, continue: next } = JSON.parse(script.body) as { signedIn: boolean; continue: string }
    assert.deepEqual([signedIn, next], [true, '/dcc/second'])
  })

  it('R4, S-18: two tabs at the code page, finished in reverse order, each land on their own page', async () => {
    const first = await reachCodePage(use.visitor, '/dcc/premier')
    const firstCode = await mailedCode(use.gate)
    use.clock.advance('1s')
    const second = await reachCodePage(use.visitor, '/dcc/second')
    const secondCode = await mailedCode(use.gate)
    const late = await use.visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...second.fields, code: secondCode } })
    assert.equal(late.location, '/dcc/second')
    const early = await use.visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...first.fields, code: firstCode } })
    assert.equal(early.location, '/dcc/premier')
  })

  it('S-18: a tab that waits for its code while another signs in as somebody else says who is signed in, and mixes nobody', async () => {
    const waiting = await reachCodePage(use.visitor, '/dcc/premier')
    const code = await mailedCode(use.gate)
    use.clock.advance('1m')
    assert.equal((await signIn(use.gate, use.visitor, '/dcc/second', COLLEAGUE.login)).location, '/dcc/second')
    const session = use.visitor.cookies.get(SESSION_COOKIE)

    for (const stale of [
      await use.visitor.page(waiting.location),
      await use.visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...waiting.fields, code } }),
      await use.visitor.ask(`${PREFIX}/sign-in/code/resend`, { form: waiting.fields }),
    ]) {
      assert.deepEqual([stale.status, stale.location, stale.setCookies], [303, `${PREFIX}/sign-in`, []])
      const told = await use.visitor.page(stale.location ?? '')
      assert.match(told.body, /Alix Modèle/)
      assert.doesNotMatch(told.body, /Camille/)
    }

    assert.equal(use.visitor.cookies.get(SESSION_COOKIE), session)
    use.upstream.forget()
    for (const path of ['/dcc/premier', '/dcc/second']) assert.equal((await use.visitor.page(path)).status, 200)
    const seen = use.upstream.requests.map(({ headers }) => [headers['x-remote-user'], headers['x-user-name']])
    assert.deepEqual(seen, Array(2).fill([COLLEAGUE.login, 'Alix Mod%C3%A8le']))
  })

  it('S-18: whoever begins afterwards, knowing who is signed in, takes the place, with a new session', async () => {
    await signIn(use.gate, use.visitor, '/dcc/second', COLLEAGUE.login)
    const before = use.visitor.cookieHeader()
    use.clock.advance('1m')
    const other = createVisitor(use.gate)
    other.cookies.set(BROWSER_COOKIE, use.visitor.cookies.get(BROWSER_COOKIE) ?? '')
    const { fields } = await reachCodePage(other, '/dcc/premier')
    other.cookies.set(SESSION_COOKIE, use.visitor.cookies.get(SESSION_COOKIE) ?? '')
    const landed = await other.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code: await mailedCode(use.gate) } })
    assert.equal(landed.location, '/dcc/premier')
    use.upstream.forget()
    assert.equal((await other.page('/dcc/premier')).status, 200)
    assert.deepEqual(
      use.upstream.requests.map(({ headers }) => headers['x-remote-user']),
      ['c.exemple'],
    )
    assert.equal((await use.visitor.ask('/dcc/', { headers: { accept: 'text/html', cookie: before } })).status, 302)
  })

  it('R5, R15: a sign-in that is over starts again with its page kept, twice by itself and then with an explanation', async () => {
    const { fields } = await reachCodePage(use.visitor, '/dcc/garde')
    use.clock.advance('20m')
    let form: Record<string, string> = { ...fields, code: '123456' }
    for (let round = 0; round < 2; round += 1) {
      const again = await use.visitor.ask(`${PREFIX}/sign-in/code`, { form })
      assert.equal(again.status, 303, again.body)
      const to = new URL(again.location ?? '', use.gate.origin).searchParams.get('to') ?? ''
      assert.match(again.location ?? '', /\/sign-in\?to=.*why=restarted/)
      form = { ...form, to }
    }
    const explained = await use.visitor.ask(`${PREFIX}/sign-in/code`, { form })
    assert.equal(explained.status, 508)
    const page = await use.visitor.page(`${PREFIX}/sign-in?to=${encodeURIComponent(form['to'] ?? '')}`)
    const accepted = await giveCredentials(use.visitor, hiddenFields(page.body, `${PREFIX}/sign-in`))
    const code = hiddenFields((await use.visitor.page(accepted.location ?? '')).body, `${PREFIX}/sign-in/code`)
    const landed = await use.visitor.ask(`${PREFIX}/sign-in/code`, {
      form: { ...code, code: await mailedCode(use.gate) },
    })
    assert.equal(landed.location, '/dcc/garde')
  })

  it('R6: the third time in a row that the use.gate sends a browser on by itself, a page explains', async () => {
    await signIn(use.gate, use.visitor)
    const sealed = (await openSignIn(createVisitor(use.gate), '/dcc/rond'))['to'] ?? ''
    const path = `${PREFIX}/sign-in?to=${encodeURIComponent(sealed)}`
    assert.equal((await use.visitor.page(path)).status, 303)
    assert.equal((await use.visitor.page(path)).status, 303)
    const explained = await use.visitor.page(path)
    assert.equal(explained.status, 508)
    assert.match(explained.body, /cookie/i)
  })

  it("R-07: a target among the gate's own pages or a sign-out leads to the first page", async () => {
    for (const target of [`${PREFIX}/sign-out`, `${PREFIX}/sign-in?x=1`]) {
      const one = createVisitor(use.gate)
      const page = await one.page(`${PREFIX}/sign-in?to=${encodeURIComponent(target)}`)
      const accepted = await giveCredentials(one, hiddenFields(page.body, `${PREFIX}/sign-in`))
      const code = hiddenFields((await one.page(accepted.location ?? '')).body, `${PREFIX}/sign-in/code`)
      const landed = await one.ask(`${PREFIX}/sign-in/code`, { form: { ...code, code: await mailedCode(use.gate) } })
      assert.equal(landed.location, '/')
      use.clock.advance('1h')
    }
  })

  it('R-01, R17: an address of a stranger in `to` is not followed', async () => {
    for (const to of ['https://evil.example/', '//evil.example', '/\\evil.example', 'MCAvL2V2aWwuZXhhbXBsZQ.AAAA']) {
      const one = createVisitor(use.gate)
      const page = await one.page(`${PREFIX}/sign-in?to=${encodeURIComponent(to)}`)
      assert.equal(page.status, 200)
      const fields = hiddenFields(page.body, `${PREFIX}/sign-in`)
      const accepted = await giveCredentials(one, { ...fields, to })
      const code = hiddenFields((await one.page(accepted.location ?? '')).body, `${PREFIX}/sign-in/code`)
      const landed = await one.ask(`${PREFIX}/sign-in/code`, { form: { ...code, code: await mailedCode(use.gate) } })
      assert.equal(landed.location, '/')
      use.clock.advance('1h')
    }
  })

  it('R-04: odd values of `to`, `why` and `attempt` show a page, never a fault', async () => {
    for (const query of [
      'to=a&to=b',
      'to[]=a',
      'to[a]=b',
      `to=${'a'.repeat(6_000)}`,
      'to=%',
      'to=%00',
      'why=__proto__',
      'why=constructor',
    ]) {
      const page = await use.visitor.page(`${PREFIX}/sign-in?${query}`)
      assert.equal(page.status, 200, query)
    }
    assert.equal((await use.visitor.page(`${PREFIX}/sign-in/code?attempt=a&attempt=b`)).status, 303)
  })

  it('S-20: a live session is named on the sign-in page, and signing in as somebody else ends it', async () => {
    await signIn(use.gate, use.visitor)
    const before = use.visitor.cookieHeader()
    const page = await use.visitor.page(`${PREFIX}/sign-in`)
    assert.match(page.body, /Camille Exemple/)
    use.clock.advance('1m')
    const other = createVisitor(use.gate)
    other.cookies.set(BROWSER_COOKIE, use.visitor.cookies.get(BROWSER_COOKIE) ?? '')
    const { fields } = await reachCodePage(other, '/dcc/', 'a.modele')
    other.cookies.set(SESSION_COOKIE, use.visitor.cookies.get(SESSION_COOKIE) ?? '')
    await other.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code: await mailedCode(use.gate) } })
    assert.equal((await other.page('/dcc/')).status, 200)
    const old = await use.visitor.ask('/dcc/', { headers: { accept: 'text/html', cookie: before } })
    assert.equal(old.status, 302)
  })
})
