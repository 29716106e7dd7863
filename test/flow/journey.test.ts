import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createManualClock, type ManualClock } from '../kit/clock.ts'
import { GATE_PASSWORD, PERSON, startGate, type Gate } from '../kit/gate.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import {
  createVisitor,
  giveCredentials,
  hiddenFields,
  mailedCode,
  openSignIn,
  PREFIX,
  reachCodePage,
  signIn,
  type Visitor,
} from '../kit/visitor.ts'

const SESSION = '__Host-portillon'
const BROWSER = '__Host-portillon-browser'

let upstream: HttpUpstream
let gate: Gate
let clock: ManualClock
let visitor: Visitor

before(async () => {
  clock = createManualClock()
  upstream = await startHttpUpstream()
  gate = await startGate({
    upstream: upstream.url,
    clock,
    people: [
      PERSON,
      { ...PERSON, login: 'a.modele', email: 'alix.modele@example.test', givenName: 'Alix', familyName: 'Modèle' },
    ],
  })
})
after(async () => {
  await gate.stop()
  await upstream.stop()
})
beforeEach(() => {
  // Budgets of one test must not be those of the next.
  clock.advance('2h')
  visitor = createVisitor(gate)
})

describe('a professional opens the address, signs in with a mailed code and lands on the page that was asked for', () => {
  it('walks the journey of the guide of ONCO HDF, and the application receives who it is', async () => {
    const asked = '/dcc/ui/patient.jsp?id=1024&onglet=rcp&q=a+b%20c%26d'
    const { page } = await reachCodePage(visitor, asked)
    assert.match(page.body, /Saisie du code/)
    assert.match(page.body, /Votre canal de réception/)
    assert.ok(page.body.replaceAll(/<[^>]*>/g, '').includes('c***.e***@hopital.example.test'))
    assert.ok(!page.body.includes('camille.exemple@'))
    assert.match(page.body, /recevoir un nouveau code/i)
    const landed = await visitor.ask(`${PREFIX}/sign-in/code`, {
      form: { ...hiddenFields(page.body, `${PREFIX}/sign-in/code`), code: await mailedCode(gate) },
    })
    assert.equal(landed.status, 303)
    assert.equal(landed.location, asked)
    const seen = await visitor.page(asked)
    assert.equal(seen.status, 200)
    const received = upstream.requests.at(-1) ?? assert.fail()
    assert.equal(received.url, asked)
    assert.equal(received.headers['x-remote-user'], 'c.exemple')
  })

  it('R32: an idle session ends after thirty minutes, the page says so and leads back', async () => {
    await signIn(gate, visitor)
    clock.advance('29m')
    assert.equal((await visitor.page('/dcc/')).status, 200)
    await gate.settle()
    clock.advance('29m')
    assert.equal((await visitor.page('/dcc/')).status, 200)
    await gate.settle()
    clock.advance('31m')
    const challenged = await visitor.page('/dcc/rcp?jour=lundi')
    assert.equal(challenged.status, 302)
    assert.match(challenged.location ?? '', /why=expired/)
    const page = await visitor.page(challenged.location ?? '')
    assert.match(page.body, /30 minutes/)
  })

  it('S-07: the absolute limit ends a session that is used all the time', async () => {
    await signIn(gate, visitor)
    for (let round = 0; round < 29; round += 1) {
      clock.advance('20m')
      assert.equal((await visitor.page('/dcc/')).status, 200, `after ${round * 20} minutes`)
      await gate.settle()
    }
    clock.advance('25m')
    assert.equal((await visitor.page('/dcc/')).status, 302)
  })

  it('R27: pages of the gate are never cached', async () => {
    const page = await visitor.page(`${PREFIX}/sign-in`)
    assert.equal(page.headers['cache-control'], 'no-store')
  })
})

describe('every step gives a new identifier and nothing is skipped', () => {
  it('S-01: the session id is new at the sign-in and dead after the next one', async () => {
    const { fields } = await reachCodePage(visitor)
    assert.equal(visitor.cookies.has(SESSION), false, 'no session before the second factor')
    await visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code: await mailedCode(gate) } })
    const first = visitor.cookies.get(SESSION) ?? assert.fail('no session cookie')
    clock.advance('1m')
    visitor.cookies.delete(SESSION)
    const again = createVisitor(gate)
    again.cookies.set(BROWSER, visitor.cookies.get(BROWSER) ?? '')
    const second = await reachCodePage(again)
    again.cookies.set(SESSION, first)
    await again.ask(`${PREFIX}/sign-in/code`, { form: { ...second.fields, code: await mailedCode(gate) } })
    assert.notEqual(again.cookies.get(SESSION), first)
    visitor.cookies.set(SESSION, first)
    assert.equal((await visitor.page('/dcc/')).status, 302)
  })

  it('S-01: a session cookie that a stranger planted is not taken over', async () => {
    visitor.cookies.set(SESSION, 's%3AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    const planted = visitor.cookies.get(SESSION)
    await signIn(gate, visitor)
    assert.notEqual(visitor.cookies.get(SESSION), planted)
    assert.equal((await visitor.page('/dcc/')).status, 200)
  })

  it('S-04: with the password alone nothing opens: no page, no data, no key of another step', async () => {
    const { fields, location } = await reachCodePage(visitor)
    const before = upstream.requests.length
    assert.equal((await visitor.page('/dcc/')).status, 302)
    assert.equal(
      (
        await visitor.ask('/dcc/api/patients', {
          headers: { accept: 'application/json', 'x-requested-with': 'XMLHttpRequest' },
        })
      ).status,
      401,
    )
    const session = await visitor.ask(`${PREFIX}/session`)
    assert.deepEqual(JSON.parse(session.body), { signedIn: false })
    for (const session of [fields['attempt'] ?? '', `s:${fields['attempt'] ?? ''}`, fields['csrf'] ?? '']) {
      visitor.cookies.set(SESSION, encodeURIComponent(session))
      assert.equal((await visitor.page('/dcc/')).status, 302)
    }
    assert.match(location, /attempt=/)
    assert.equal(upstream.requests.length, before)
  })

  it('S-02: the code page of one browser does nothing in another', async () => {
    const { fields, location } = await reachCodePage(visitor)
    const other = createVisitor(gate)
    const shown = await other.page(location)
    assert.equal(shown.status, 303)
    assert.match(shown.location ?? '', /\/sign-in\?/)
    const own = await openSignIn(other)
    const answer = await other.ask(`${PREFIX}/sign-in/code`, {
      form: { ...fields, csrf: own['csrf'] ?? '', code: await mailedCode(gate) },
    })
    assert.match(answer.location ?? '', /\/sign-in\?/)
    assert.equal(other.cookies.has(SESSION), false)
  })

  it('S-10, R1: every cookie is host-bound, secure, out of reach of scripts, and short', async () => {
    const lines: string[] = []
    const challenged = await visitor.page('/dcc/')
    const page = await visitor.page(challenged.location ?? '')
    lines.push(...challenged.setCookies, ...page.setCookies)
    const landed = await signIn(gate, visitor)
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
    const { fields } = await reachCodePage(visitor)
    const form = { ...fields, code: await mailedCode(gate) }
    const answers = await Promise.all(Array.from({ length: 10 }, () => visitor.ask(`${PREFIX}/sign-in/code`, { form })))
    const sessions = answers.flatMap(({ setCookies }) => setCookies.filter((line) => line.startsWith(`${SESSION}=s`)))
    assert.equal(sessions.length, 1)
  })
})

describe('failures look alike and forms come from our own pages', () => {
  const comparable = (body: string): string => body.replace(/value="[^"]*"/g, 'value=""').replace(/\?to=[\w.-]*/g, '')

  it('C-01: unknown, wrong and unknown with odd characters give the same status, headers, cookies and page', async () => {
    const answers = []
    for (const [login, password] of [
      ['n.existe', 'autre'],
      [PERSON.login, 'autre'],
      ['*)(uid=*', 'autre'],
      ["' OR '1'='1", 'autre'],
      ['__proto__', 'autre'],
    ] as const) {
      const one = createVisitor(gate)
      answers.push(await giveCredentials(one, await openSignIn(one), login, password))
      clock.advance('1h')
    }
    const [first] = answers
    assert.equal(first?.status, 401)
    for (const answer of answers) {
      assert.equal(answer.status, first?.status)
      assert.deepEqual(answer.setCookies, first?.setCookies)
      const { date: _date, 'content-length': _length, ...headers } = answer.headers
      const { date: _date2, 'content-length': _length2, ...others } = first?.headers ?? {}
      assert.deepEqual(headers, others)
      assert.equal(comparable(answer.body), comparable(first?.body ?? ''))
    }
  })

  it('C-12: the password is taken as typed, blanks at its ends included', async () => {
    const fields = await openSignIn(visitor)
    assert.equal((await giveCredentials(visitor, fields, PERSON.login, `${GATE_PASSWORD} `)).status, 401)
    assert.equal((await giveCredentials(visitor, fields, PERSON.login, GATE_PASSWORD.toUpperCase())).status, 401)
    assert.equal((await giveCredentials(visitor, fields, ` ${PERSON.login.toUpperCase()} `)).status, 303)
  })

  it('C-15, R-04: fields of a wrong type or size are refused before anything is hashed', async () => {
    const { csrf = '', to = '' } = await openSignIn(visitor)
    const forms: [string, string][][] = [
      [
        ['login', 'a'],
        ['login', 'b'],
        ['password', 'x'],
      ],
      [
        ['login[]', 'a'],
        ['password[]', 'x'],
      ],
      [
        ['login[a]', 'a'],
        ['password', 'x'],
      ],
      [['login', 'a']],
      [
        ['login', 'a'],
        ['password', 'x'.repeat(5_000)],
      ],
      [
        ['login', 'a'.repeat(300)],
        ['password', 'x'],
      ],
    ]
    for (const form of forms) {
      const answer = await visitor.ask(`${PREFIX}/sign-in`, { form: [['csrf', csrf], ['to', to], ...form] })
      assert.equal(answer.status, 400, JSON.stringify(form).slice(0, 80))
    }
    const large = await visitor.ask(`${PREFIX}/sign-in`, {
      form: { csrf, login: 'a', password: 'x'.repeat(1_000_000) },
    })
    assert.equal(large.status, 413)
    const json = await visitor.ask(`${PREFIX}/sign-in`, {
      method: 'POST',
      body: JSON.stringify({ csrf, login: { $gt: '' }, password: ['x'] }),
      headers: { 'content-type': 'application/json', origin: gate.origin },
    })
    assert.equal(json.status, 403)
    const deep = await visitor.ask(`${PREFIX}/sign-in`, {
      method: 'POST',
      body: `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
      headers: { 'content-type': 'application/json', origin: gate.origin },
    })
    assert.equal(deep.status, 403)
  })

  it('C-16, W-09: no form of another site does anything: sign-in, code, resend, sign-out', async () => {
    await signIn(gate, visitor)
    const session = visitor.cookies.get(SESSION) ?? ''
    clock.advance('1m')
    const other = createVisitor(gate)
    const { fields } = await reachCodePage(other)
    const own = await openSignIn(createVisitor(gate))
    const mails = gate.mails().length
    const attempts = [
      { path: 'sign-in', form: { ...own, login: PERSON.login, password: GATE_PASSWORD } },
      { path: 'sign-in/code', form: { ...fields, code: '000000' } },
      { path: 'sign-in/code/resend', form: fields },
      { path: 'sign-out', form: {} },
    ]
    for (const { path, form } of attempts) {
      const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
      assert.equal((await visitor.ask(`${PREFIX}/${path}`, { form, headers: foreign })).status, 403, path)
      const silent = { origin: 'null', 'sec-fetch-site': 'cross-site' }
      assert.equal((await visitor.ask(`${PREFIX}/${path}`, { form, headers: silent })).status, 403, path)
      const { csrf: _csrf, ...without } = form as Record<string, string>
      assert.equal((await visitor.ask(`${PREFIX}/${path}`, { form: without })).status, 403, `${path} without token`)
      const plain = { 'content-type': 'text/plain', origin: gate.origin }
      assert.equal(
        (await visitor.ask(`${PREFIX}/${path}`, { method: 'POST', body: '{"csrf":"x"}', headers: plain })).status,
        403,
        path,
      )
    }
    visitor.cookies.set(SESSION, session)
    assert.equal((await visitor.page('/dcc/')).status, 200, 'still signed in')
    assert.equal(gate.mails().length, mails)
  })

  it('W-09: reading a page changes nothing: sign-out asks, and credentials in an address are not taken (C-18)', async () => {
    await signIn(gate, visitor)
    const asked = await visitor.page(`${PREFIX}/sign-out`)
    assert.equal(asked.status, 200)
    assert.equal((await visitor.page('/dcc/')).status, 200)
    const other = createVisitor(gate)
    const page = await other.page(`${PREFIX}/sign-in?login=${PERSON.login}&password=${GATE_PASSWORD}&way=mailed-code`)
    assert.equal(page.status, 200)
    assert.ok(!page.body.includes(GATE_PASSWORD))
    assert.doesNotMatch(JSON.stringify(gate.log), new RegExp(GATE_PASSWORD))
  })

  it('W-10: markup in every value that a page repeats stays text', async () => {
    const payload = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`
    const fields = await openSignIn(visitor)
    const wrong = await giveCredentials(visitor, fields, payload, 'x')
    const pages = [
      wrong,
      await visitor.page(`${PREFIX}/sign-in?to=${encodeURIComponent(payload)}&why=${encodeURIComponent(payload)}`),
      await visitor.page(`${PREFIX}/${encodeURIComponent('<script>alert(1)')}`),
      await visitor.page(`/dcc/"><script>alert(1)</script>`.replaceAll('<', '%3C').replaceAll('>', '%3E')),
      await visitor.ask(`${PREFIX}/sign-in`, { form: { ...fields, to: payload, login: payload, password: '' } }),
    ]
    for (const { body } of pages) {
      assert.doesNotMatch(body, /<script>alert|<img src=x/)
    }
    assert.ok(wrong.body.includes('&lt;script&gt;'))
  })

  it('says that cookies are needed when the browser sends none back', async () => {
    const fields = await openSignIn(visitor)
    const answer = await visitor.ask(`${PREFIX}/sign-in`, {
      form: { ...fields, login: PERSON.login, password: GATE_PASSWORD },
      bare: true,
    })
    assert.equal(answer.status, 403)
    assert.match(answer.body, /cookie/i)
  })

  it('R-08, R34: the mail names the configured address whatever host the request claims, and no link to follow (R22)', async () => {
    const fields = await openSignIn(visitor)
    const forged = { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example', 'x-host': 'evil.example' }
    const form = { ...fields, login: PERSON.login, password: GATE_PASSWORD, way: 'mailed-code' }
    assert.equal((await visitor.ask(`${PREFIX}/sign-in`, { form, headers: forged })).status, 303)
    const code = await mailedCode(gate)
    const [mail] = gate.mails()
    assert.ok(mail?.text.includes(gate.origin))
    assert.doesNotMatch(mail?.text ?? '', /evil\.example/)
    assert.ok(!mail?.subject.includes(code))
    assert.doesNotMatch(mail?.text ?? '', /https?:\/\/\S+\?/)
  })

  it('G12: the mail names the service, the hour and the asking address', async () => {
    await reachCodePage(visitor)
    await mailedCode(gate)
    const text = gate.mails()[0]?.text ?? ''
    assert.match(text, /Dossier Communicant de Cancérologie/)
    assert.match(text, /127\.0\.0\.1/)
    assert.match(text, /Demandé le\s: \d+\sjanvier\s2026\sà\s\d\d:\d\d/)
  })
})

describe('tabs, old pages and circles', () => {
  it('R4: any tab may finish; the others go on to their own page', async () => {
    const first = await reachCodePage(visitor, '/dcc/premier')
    const second = await openSignIn(visitor, '/dcc/second')
    await visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...first.fields, code: await mailedCode(gate) } })
    const tab = await visitor.page(`${PREFIX}/sign-in?to=${encodeURIComponent(second['to'] ?? '')}`)
    assert.equal(tab.status, 303)
    assert.equal(tab.location, '/dcc/second')
    const reloaded = await visitor.page(first.location)
    assert.equal(reloaded.status, 303)
    const script = await visitor.ask(`${PREFIX}/session?to=${encodeURIComponent(second['to'] ?? '')}`)
    assert.deepEqual(JSON.parse(script.body), { signedIn: true, continue: '/dcc/second' })
  })

  it('R4: two tabs at the code page, finished in reverse order, each land on their own page', async () => {
    const first = await reachCodePage(visitor, '/dcc/premier')
    const firstCode = await mailedCode(gate)
    clock.advance('1s')
    const second = await reachCodePage(visitor, '/dcc/second')
    const secondCode = await mailedCode(gate)
    const late = await visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...second.fields, code: secondCode } })
    assert.equal(late.location, '/dcc/second')
    const early = await visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...first.fields, code: firstCode } })
    assert.equal(early.location, '/dcc/premier')
  })

  it('R5, R15: a sign-in that is over starts again with its page kept, twice by itself and then with an explanation', async () => {
    const { fields } = await reachCodePage(visitor, '/dcc/garde')
    clock.advance('20m')
    let form: Record<string, string> = { ...fields, code: '123456' }
    for (let round = 0; round < 2; round += 1) {
      const again = await visitor.ask(`${PREFIX}/sign-in/code`, { form })
      assert.equal(again.status, 303, again.body)
      const to = new URL(again.location ?? '', gate.origin).searchParams.get('to') ?? ''
      assert.match(again.location ?? '', /\/sign-in\?to=.*why=restarted/)
      form = { ...form, to }
    }
    const explained = await visitor.ask(`${PREFIX}/sign-in/code`, { form })
    assert.equal(explained.status, 508)
    const page = await visitor.page(`${PREFIX}/sign-in?to=${encodeURIComponent(form['to'] ?? '')}`)
    const accepted = await giveCredentials(visitor, hiddenFields(page.body, `${PREFIX}/sign-in`))
    const code = hiddenFields((await visitor.page(accepted.location ?? '')).body, `${PREFIX}/sign-in/code`)
    const landed = await visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...code, code: await mailedCode(gate) } })
    assert.equal(landed.location, '/dcc/garde')
  })

  it('R6: the third time in a row that the gate sends a browser on by itself, a page explains', async () => {
    await signIn(gate, visitor)
    const sealed = (await openSignIn(createVisitor(gate), '/dcc/rond'))['to'] ?? ''
    const path = `${PREFIX}/sign-in?to=${encodeURIComponent(sealed)}`
    assert.equal((await visitor.page(path)).status, 303)
    assert.equal((await visitor.page(path)).status, 303)
    const explained = await visitor.page(path)
    assert.equal(explained.status, 508)
    assert.match(explained.body, /cookie/i)
  })

  it("R-07: a target among the gate's own pages or a sign-out leads to the first page", async () => {
    for (const target of [`${PREFIX}/sign-out`, `${PREFIX}/sign-in?x=1`]) {
      const one = createVisitor(gate)
      const page = await one.page(`${PREFIX}/sign-in?to=${encodeURIComponent(target)}`)
      const accepted = await giveCredentials(one, hiddenFields(page.body, `${PREFIX}/sign-in`))
      const code = hiddenFields((await one.page(accepted.location ?? '')).body, `${PREFIX}/sign-in/code`)
      const landed = await one.ask(`${PREFIX}/sign-in/code`, { form: { ...code, code: await mailedCode(gate) } })
      assert.equal(landed.location, '/')
      clock.advance('1h')
    }
  })

  it('R-01, R17: an address of a stranger in `to` is not followed', async () => {
    for (const to of ['https://evil.example/', '//evil.example', '/\\evil.example', 'MCAvL2V2aWwuZXhhbXBsZQ.AAAA']) {
      const one = createVisitor(gate)
      const page = await one.page(`${PREFIX}/sign-in?to=${encodeURIComponent(to)}`)
      assert.equal(page.status, 200)
      const fields = hiddenFields(page.body, `${PREFIX}/sign-in`)
      const accepted = await giveCredentials(one, { ...fields, to })
      const code = hiddenFields((await one.page(accepted.location ?? '')).body, `${PREFIX}/sign-in/code`)
      const landed = await one.ask(`${PREFIX}/sign-in/code`, { form: { ...code, code: await mailedCode(gate) } })
      assert.equal(landed.location, '/')
      clock.advance('1h')
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
      const page = await visitor.page(`${PREFIX}/sign-in?${query}`)
      assert.equal(page.status, 200, query)
    }
    assert.equal((await visitor.page(`${PREFIX}/sign-in/code?attempt=a&attempt=b`)).status, 303)
  })

  it('S-20: a live session is named on the sign-in page, and signing in as somebody else ends it', async () => {
    await signIn(gate, visitor)
    const before = visitor.cookieHeader()
    const page = await visitor.page(`${PREFIX}/sign-in`)
    assert.match(page.body, /Camille Exemple/)
    clock.advance('1m')
    const other = createVisitor(gate)
    other.cookies.set(BROWSER, visitor.cookies.get(BROWSER) ?? '')
    const { fields } = await reachCodePage(other, '/dcc/', 'a.modele')
    other.cookies.set(SESSION, visitor.cookies.get(SESSION) ?? '')
    await other.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code: await mailedCode(gate) } })
    assert.equal((await other.page('/dcc/')).status, 200)
    const old = await visitor.ask('/dcc/', { headers: { accept: 'text/html', cookie: before } })
    assert.equal(old.status, 302)
  })
})

describe('signing out', () => {
  it('S-05: a POST of our own page ends the session at once, clears the cookie and what is cached', async () => {
    await signIn(gate, visitor)
    const cookies = visitor.cookieHeader()
    const asked = await visitor.page(`${PREFIX}/sign-out`)
    const done = await visitor.ask(`${PREFIX}/sign-out`, { form: hiddenFields(asked.body, `${PREFIX}/sign-out`) })
    assert.equal(done.status, 303)
    assert.equal(done.location, `${PREFIX}/signed-out`)
    assert.equal(done.headers['clear-site-data'], '"cache"')
    assert.equal(visitor.cookies.has(SESSION), false)
    const replayed = await visitor.ask('/dcc/', { headers: { accept: 'text/html', cookie: cookies }, bare: true })
    assert.equal(replayed.status, 302)
    assert.match((await visitor.page(`${PREFIX}/signed-out`)).body, /déconnecté/)
  })

  it('leads somebody who is not signed in to the same page', async () => {
    const done = await visitor.page(`${PREFIX}/sign-out`)
    assert.equal(done.location, `${PREFIX}/signed-out`)
  })
})
