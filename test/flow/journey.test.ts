import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BROWSER_COOKIE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, mailedCode, openSignIn, PREFIX, reachCodePage, signIn } from '../kit/visitor.ts'

const use = useGate()

describe('a professional opens the address, signs in with a mailed code and lands on the page that was asked for', () => {
  it('walks the journey of the guide of ONCO HDF, and the application receives who it is', async () => {
    const asked = '/dcc/ui/patient.jsp?id=1024&onglet=rcp&q=a+b%20c%26d'
    const { page } = await reachCodePage(use.visitor, asked)
    assert.match(page.body, /Saisie du code/)
    assert.match(page.body, /Votre canal de réception/)
    assert.ok(page.body.replaceAll(/<[^>]*>/g, '').includes('c***.e***@hopital.example.test'))
    assert.ok(!page.body.includes('camille.exemple@'))
    assert.match(page.body, /recevoir un nouveau code/i)
    const landed = await use.visitor.ask(`${PREFIX}/sign-in/code`, {
      form: { ...hiddenFields(page.body, `${PREFIX}/sign-in/code`), code: await mailedCode(use.gate) },
    })
    assert.equal(landed.status, 303)
    assert.equal(landed.location, asked)
    const seen = await use.visitor.page(asked)
    assert.equal(seen.status, 200)
    const received = use.upstream.requests.at(-1) ?? assert.fail()
    assert.equal(received.url, asked)
    assert.equal(received.headers['x-remote-user'], 'c.exemple')
  })

  it('R32: an idle session ends after thirty minutes, the page says so and leads back', async () => {
    await signIn(use.gate, use.visitor)
    use.clock.advance('29m')
    assert.equal((await use.visitor.page('/dcc/')).status, 200)
    await use.gate.settle()
    use.clock.advance('29m')
    assert.equal((await use.visitor.page('/dcc/')).status, 200)
    await use.gate.settle()
    use.clock.advance('31m')
    const challenged = await use.visitor.page('/dcc/rcp?jour=lundi')
    assert.equal(challenged.status, 302)
    assert.match(challenged.location ?? '', /why=expired/)
    const page = await use.visitor.page(challenged.location ?? '')
    assert.match(page.body, /30 minutes/)
  })

  it('S-07: the absolute limit ends a session that is used all the time', async () => {
    await signIn(use.gate, use.visitor)
    for (let round = 0; round < 29; round += 1) {
      use.clock.advance('20m')
      assert.equal((await use.visitor.page('/dcc/')).status, 200, `after ${round * 20} minutes`)
      await use.gate.settle()
    }
    use.clock.advance('25m')
    assert.equal((await use.visitor.page('/dcc/')).status, 302)
  })

  it('R27: pages of the use.gate are never cached', async () => {
    const page = await use.visitor.page(`${PREFIX}/sign-in`)
    assert.equal(page.headers['cache-control'], 'no-store')
  })
})

describe('every step gives a new identifier and nothing is skipped', () => {
  it('S-01: the session id is new at the sign-in and dead after the next one', async () => {
    const { fields } = await reachCodePage(use.visitor)
    assert.equal(use.visitor.cookies.has(SESSION_COOKIE), false, 'no session before the second factor')
    await use.visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code: await mailedCode(use.gate) } })
    const first = use.visitor.cookies.get(SESSION_COOKIE) ?? assert.fail('no session cookie')
    use.clock.advance('1m')
    use.visitor.cookies.delete(SESSION_COOKIE)
    const again = createVisitor(use.gate)
    again.cookies.set(BROWSER_COOKIE, use.visitor.cookies.get(BROWSER_COOKIE) ?? '')
    const second = await reachCodePage(again)
    again.cookies.set(SESSION_COOKIE, first)
    await again.ask(`${PREFIX}/sign-in/code`, { form: { ...second.fields, code: await mailedCode(use.gate) } })
    assert.notEqual(again.cookies.get(SESSION_COOKIE), first)
    use.visitor.cookies.set(SESSION_COOKIE, first)
    assert.equal((await use.visitor.page('/dcc/')).status, 302)
  })

  it('S-01: a session cookie that a stranger planted is not taken over', async () => {
    use.visitor.cookies.set(
      SESSION_COOKIE,
      's%3AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    )
    const planted = use.visitor.cookies.get(SESSION_COOKIE)
    await signIn(use.gate, use.visitor)
    assert.notEqual(use.visitor.cookies.get(SESSION_COOKIE), planted)
    assert.equal((await use.visitor.page('/dcc/')).status, 200)
  })

  it('S-04: with the password alone nothing opens: no page, no data, no key of another step', async () => {
    const { fields, location } = await reachCodePage(use.visitor)
    const before = use.upstream.requests.length
    assert.equal((await use.visitor.page('/dcc/')).status, 302)
    assert.equal(
      (
        await use.visitor.ask('/dcc/api/patients', {
          headers: { accept: 'application/json', 'x-requested-with': 'XMLHttpRequest' },
        })
      ).status,
      401,
    )
    const session = await use.visitor.ask(`${PREFIX}/session`)
    assert.deepEqual(JSON.parse(session.body), { signedIn: false })
    for (const session of [fields['attempt'] ?? '', `s:${fields['attempt'] ?? ''}`, fields['csrf'] ?? '']) {
      use.visitor.cookies.set(SESSION_COOKIE, encodeURIComponent(session))
      assert.equal((await use.visitor.page('/dcc/')).status, 302)
    }
    assert.match(location, /attempt=/)
    assert.equal(use.upstream.requests.length, before)
  })

  it('S-02: the code page of one browser does nothing in another', async () => {
    const { fields, location } = await reachCodePage(use.visitor)
    const other = createVisitor(use.gate)
    const shown = await other.page(location)
    assert.equal(shown.status, 303)
    assert.match(shown.location ?? '', /\/sign-in\?/)
    const own = await openSignIn(other)
    const answer = await other.ask(`${PREFIX}/sign-in/code`, {
      form: { ...fields, csrf: own['csrf'] ?? '', code: await mailedCode(use.gate) },
    })
    assert.match(answer.location ?? '', /\/sign-in\?/)
    assert.equal(other.cookies.has(SESSION_COOKIE), false)
  })

  it('S-10, R1: every cookie is host-bound, secure, out of reach of scripts, and short', async () => {
    const lines: string[] = []
    const challenged = await use.visitor.page('/dcc/')
    const page = await use.visitor.page(challenged.location ?? '')
    lines.push(...challenged.setCookies, ...page.setCookies)
    const landed = await signIn(use.gate, use.visitor)
    lines.push(...landed.setCookies)
    assert.ok(lines.length >= 2)
    for (const line of lines) {
      assert.match(line, /^__Host-portillon/)
      for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax'])
        assert.ok(line.includes(attribute), line)
      assert.doesNotMatch(line, /Domain=/i)
      assert.ok(line.length < 200, line)
    }
  })

  it('T-02: the same right code twice at once opens one session', async () => {
    const { fields } = await reachCodePage(use.visitor)
    const form = { ...fields, code: await mailedCode(use.gate) }
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => use.visitor.ask(`${PREFIX}/sign-in/code`, { form })),
    )
    const sessions = answers.flatMap(({ setCookies }) =>
      setCookies.filter((line) => line.startsWith(`${SESSION_COOKIE}=s`)),
    )
    assert.equal(sessions.length, 1)
  })
})

describe('signing out', () => {
  it('S-05: a POST of our own page ends the session at once, clears the cookie and what is cached', async () => {
    await signIn(use.gate, use.visitor)
    const cookies = use.visitor.cookieHeader()
    const asked = await use.visitor.page(`${PREFIX}/sign-out`)
    const done = await use.visitor.ask(`${PREFIX}/sign-out`, { form: hiddenFields(asked.body, `${PREFIX}/sign-out`) })
    assert.equal(done.status, 303)
    assert.equal(done.location, `${PREFIX}/signed-out`)
    assert.equal(done.headers['clear-site-data'], '"cache"')
    assert.equal(use.visitor.cookies.has(SESSION_COOKIE), false)
    const replayed = await use.visitor.ask('/dcc/', { headers: { accept: 'text/html', cookie: cookies }, bare: true })
    assert.equal(replayed.status, 302)
    assert.match((await use.visitor.page(`${PREFIX}/signed-out`)).body, /déconnecté/)
  })

  it('leads somebody who is not signed in to the same page', async () => {
    const done = await use.visitor.page(`${PREFIX}/sign-out`)
    assert.equal(done.location, `${PREFIX}/signed-out`)
  })
})
