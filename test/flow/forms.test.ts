import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GATE_PASSWORD, PERSON } from '../kit/gate.ts'
import { SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import {
  createVisitor,
  giveCredentials,
  mailedCode,
  openSignIn,
  PREFIX,
  reachCodePage,
  signIn,
  type Answer,
} from '../kit/visitor.ts'

const use = useGate()

describe('failures look alike and forms come from our own pages', () => {
  const comparable = (body: string): string => body.replace(/value="[^"]*"/g, 'value=""').replace(/\?to=[\w.-]*/g, '')

  it('C-01: unknown, wrong and unknown with odd characters give the same status, headers, cookies and page', async () => {
    const answers: Answer[] = []
    for (const [login, password] of [
      ['n.existe', 'autre'],
      [PERSON.login, 'autre'],
      ['*)(uid=*', 'autre'],
      ["' OR '1'='1", 'autre'],
      ['__proto__', 'autre'],
    ] as const) {
      const one = createVisitor(use.gate)
      answers.push(await giveCredentials(one, await openSignIn(one), login, password))
      use.clock.advance('1h')
    }
    const first = answers[0] ?? assert.fail()
    assert.equal(first.status, 401)
    for (const answer of answers) {
      assert.equal(answer.status, first.status)
      assert.deepEqual(answer.setCookies, first.setCookies)
      const { date: _date, 'content-length': _length, ...headers } = answer.headers
      const { date: _date2, 'content-length': _length2, ...others } = first.headers
      assert.deepEqual(headers, others)
      assert.equal(comparable(answer.body), comparable(first.body))
    }
  })

  it('C-12: the password is taken as typed, blanks at its ends included', async () => {
    const fields = await openSignIn(use.visitor)
    assert.equal((await giveCredentials(use.visitor, fields, PERSON.login, `${GATE_PASSWORD} `)).status, 401)
    assert.equal((await giveCredentials(use.visitor, fields, PERSON.login, GATE_PASSWORD.toUpperCase())).status, 401)
    assert.equal((await giveCredentials(use.visitor, fields, ` ${PERSON.login.toUpperCase()} `)).status, 303)
  })

  it('C-15, R-04: fields of a wrong type or size are refused before anything is hashed', async () => {
    const { csrf = '', to = '' } = await openSignIn(use.visitor)
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
      const answer = await use.visitor.ask(`${PREFIX}/sign-in`, { form: [['csrf', csrf], ['to', to], ...form] })
      assert.equal(answer.status, 400, JSON.stringify(form).slice(0, 80))
    }
    const large = await use.visitor.ask(`${PREFIX}/sign-in`, {
      form: { csrf, login: 'a', password: 'x'.repeat(1_000_000) },
    })
    assert.equal(large.status, 413)
    const json = await use.visitor.ask(`${PREFIX}/sign-in`, {
      method: 'POST',
      body: JSON.stringify({ csrf, login: { $gt: '' }, password: ['x'] }),
      headers: { 'content-type': 'application/json', origin: use.gate.origin },
    })
    assert.equal(json.status, 403)
    const deep = await use.visitor.ask(`${PREFIX}/sign-in`, {
      method: 'POST',
      body: `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
      headers: { 'content-type': 'application/json', origin: use.gate.origin },
    })
    assert.equal(deep.status, 403)
  })

  it('C-16, W-09: no form of another site does anything: sign-in, code, resend, sign-out', async () => {
    await signIn(use.gate, use.visitor)
    const session = use.visitor.cookies.get(SESSION_COOKIE) ?? ''
    use.clock.advance('1m')
    const other = createVisitor(use.gate)
    const { fields } = await reachCodePage(other)
    const own = await openSignIn(createVisitor(use.gate))
    const mails = use.gate.mails().length
    const attempts = [
      { path: 'sign-in', form: { ...own, login: PERSON.login, password: GATE_PASSWORD } },
      { path: 'sign-in/code', form: { ...fields, code: '000000' } },
      { path: 'sign-in/code/resend', form: fields },
      { path: 'sign-out', form: {} },
    ]
    for (const { path, form } of attempts) {
      const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
      assert.equal((await use.visitor.ask(`${PREFIX}/${path}`, { form, headers: foreign })).status, 403, path)
      const silent = { origin: 'null', 'sec-fetch-site': 'cross-site' }
      assert.equal((await use.visitor.ask(`${PREFIX}/${path}`, { form, headers: silent })).status, 403, path)
      const { csrf: _csrf, ...without } = form
      assert.equal((await use.visitor.ask(`${PREFIX}/${path}`, { form: without })).status, 403, `${path} without token`)
      const plain = { 'content-type': 'text/plain', origin: use.gate.origin }
      assert.equal(
        (await use.visitor.ask(`${PREFIX}/${path}`, { method: 'POST', body: '{"csrf":"x"}', headers: plain })).status,
        403,
        path,
      )
    }
    use.visitor.cookies.set(SESSION_COOKIE, session)
    assert.equal((await use.visitor.page('/dcc/')).status, 200, 'still signed in')
    assert.equal(use.gate.mails().length, mails)
  })

  it('R-05: the origin of a form and the host of a request are compared whole, never by their beginning or end', async () => {
    const { host } = use.gate
    const lookAlikes = [
      `${host}.evil.example`,
      `evil.${host}`,
      `${host}@evil.example`,
      `${host}:444`,
      `${host}.`,
      `x${host}`,
      'dcc.example.test\u3002',
      'xn--dcc-example-test',
    ].map((name) => Buffer.from(name).toString('latin1'))
    const fields = await openSignIn(use.visitor)
    const form = { ...fields, login: PERSON.login, password: GATE_PASSWORD }
    for (const name of lookAlikes) {
      const origin = `https://${name}`
      const posted = await use.visitor.ask(`${PREFIX}/sign-in`, {
        form,
        headers: { origin, 'sec-fetch-site': 'same-origin' },
      })
      assert.equal(posted.status, 403, origin)
      const asked = await use.visitor.ask('/dcc/', { headers: { host: name } })
      assert.ok(asked.status === 421 || asked.status === 400, `${name}: ${asked.status}`)
    }
    const http = await use.visitor.ask(`${PREFIX}/sign-in`, { form, headers: { origin: `http://${host}` } })
    assert.equal(http.status, 403, 'another scheme is another origin')
  })

  it('W-09: reading a page changes nothing: sign-out asks, and credentials in an address are not taken (C-18)', async () => {
    await signIn(use.gate, use.visitor)
    const asked = await use.visitor.page(`${PREFIX}/sign-out`)
    assert.equal(asked.status, 200)
    assert.equal((await use.visitor.page('/dcc/')).status, 200)
    const other = createVisitor(use.gate)
    const page = await other.page(`${PREFIX}/sign-in?login=${PERSON.login}&password=${GATE_PASSWORD}&way=mailed-code`)
    assert.equal(page.status, 200)
    assert.ok(!page.body.includes(GATE_PASSWORD))
    assert.doesNotMatch(JSON.stringify(use.gate.log), new RegExp(GATE_PASSWORD))
  })

  it('W-10: markup in every value that a page repeats stays text', async () => {
    const payload = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`
    const fields = await openSignIn(use.visitor)
    const wrong = await giveCredentials(use.visitor, fields, payload, 'x')
    const pages = [
      wrong,
      await use.visitor.page(`${PREFIX}/sign-in?to=${encodeURIComponent(payload)}&why=${encodeURIComponent(payload)}`),
      await use.visitor.page(`${PREFIX}/${encodeURIComponent('<script>alert(1)')}`),
      await use.visitor.page(`/dcc/"><script>alert(1)</script>`.replaceAll('<', '%3C').replaceAll('>', '%3E')),
      await use.visitor.ask(`${PREFIX}/sign-in`, { form: { ...fields, to: payload, login: payload, password: '' } }),
    ]
    for (const { body } of pages) {
      assert.doesNotMatch(body, /<script>alert|<img src=x/)
    }
    assert.ok(wrong.body.includes('&lt;script&gt;'))
  })

  it('says that cookies are needed when the browser sends none back', async () => {
    const fields = await openSignIn(use.visitor)
    const answer = await use.visitor.ask(`${PREFIX}/sign-in`, {
      form: { ...fields, login: PERSON.login, password: GATE_PASSWORD },
      bare: true,
    })
    assert.equal(answer.status, 403)
    assert.match(answer.body, /cookie/i)
  })

  it('R-08, R34: the mail names the configured address whatever host the request claims, and no link to follow (R22)', async () => {
    const fields = await openSignIn(use.visitor)
    const forged = { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example', 'x-host': 'evil.example' }
    const form = { ...fields, login: PERSON.login, password: GATE_PASSWORD, way: 'mailed-code' }
    assert.equal((await use.visitor.ask(`${PREFIX}/sign-in`, { form, headers: forged })).status, 303)
    const code = await mailedCode(use.gate)
    const [mail] = use.gate.mails()
    assert.ok(mail?.text.includes(use.gate.origin))
    assert.doesNotMatch(mail?.text ?? '', /evil\.example/)
    assert.ok(!mail?.subject.includes(code))
    assert.doesNotMatch(mail?.text ?? '', /https?:\/\/\S+\?/)
  })

  it('G12: the mail names the service, the hour and the asking address', async () => {
    await reachCodePage(use.visitor)
    await mailedCode(use.gate)
    const text = use.gate.mails()[0]?.text ?? ''
    assert.match(text, /Dossier Communicant de Cancérologie/)
    assert.match(text, /127\.0\.0\.1/)
    assert.match(text, /Demandé le\s: \d+\sjanvier\s2026\sà\s\d\d:\d\d/)
  })
})
