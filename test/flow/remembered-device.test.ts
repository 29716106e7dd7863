import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SiteFile } from '../../src/policy/schema.ts'
import { GATE_PASSWORD, PERSON } from '../kit/gate.ts'
import {
  addAddress,
  addApplication,
  applicationOffer,
  choose,
  CODE,
  codeOf,
  passPassword,
  reachMailedCode,
} from '../kit/notices.ts'
import { mailedLink, operatorOf, resetBy, trailOf, wordsOf } from '../kit/passwords.ts'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import {
  createVisitor,
  hiddenFields,
  mailedCode,
  openSignIn,
  PREFIX,
  reachCodePage,
  type Visitor,
} from '../kit/visitor.ts'

const DEVICE = '__Host-portillon-device'
const ACCOUNT = `${PREFIX}/account`
const FORGET = `${ACCOUNT}/devices/forget`

const people = ['un', 'deux', 'trois', 'quatre', 'cinq', 'six', 'sept', 'huit'].map((login) => ({
  ...PERSON,
  login: `${login}.essai`,
  email: `${login}@example.test`,
}))
const next = () => people.shift()?.login ?? assert.fail('one more person is needed')

const site: Partial<SiteFile> = {
  'remember-device': { for: '30d' },
  password: { forgotten: 'mail' },
  'email-code': { from: 'WebDCR <WebDCR@example.test>', 'per-hour': 60 },
  rules: [{ id: 'strong', match: { path: '/dcc/admin/**' }, allow: { level: 2 } }],
}

const use = useGate(
  {
    ...site,
    ways: [
      { id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' },
      { id: 'application', methods: ['password', 'totp'], level: 2, homologation: 'test' },
    ],
  },
  [PERSON, COLLEAGUE, ...people],
)

/** Signs in by mailed code; ticks the box. */
const remember = async (login: string, visitor: Visitor = createVisitor(use.gate)): Promise<Visitor> => {
  const { page, fields } = await reachMailedCode(visitor, { login })
  assert.match(wordsOf(page), /Ne plus me demander de code sur cet appareil pendant 30 jours/)
  assert.match(wordsOf(page), /jamais sur un poste partagé/)
  const form = { ...fields, code: await mailedCode(use.gate), device: 'remember' }
  assert.equal((await visitor.ask(CODE, { form })).location, '/dcc/')
  return visitor
}
/** The browser is closed in the evening: the session is gone, the device is not. */
const comeBack = (visitor: Visitor): void => {
  use.clock.advance('12h')
  visitor.cookies.delete(SESSION_COOKIE)
}
const isAskedForCode = async (visitor: Visitor, login: string, path = '/dcc/', password = GATE_PASSWORD) => {
  const answer = await passPassword(visitor, { path, login, password })
  assert.equal(answer.status, 303, answer.body)
  return /\/sign-in\/(?:code|choice)/.test(answer.location ?? '')
}

describe('R25: a remembered device', () => {
  it('skips the second factor and never the first, until its day', async () => {
    const login = next()
    const visitor = await remember(login)
    comeBack(visitor)
    const wrong = await visitor.ask(`${PREFIX}/sign-in`, {
      form: { ...(await openSignIn(visitor)), login, password: 'pas le bon' },
    })
    assert.equal(wrong.status, 401)
    const before = use.gate.mails().length
    const landed = await passPassword(visitor, { path: '/dcc/ui/page?x=1', login })
    assert.equal(landed.location, '/dcc/ui/page?x=1')
    assert.equal((await visitor.page('/dcc/ui/page?x=1')).status, 200)
    assert.equal(use.gate.mails().length, before, 'no code was sent')
    comeBack(visitor)
    use.clock.advance('30d')
    assert.equal(await isAskedForCode(visitor, login), true)
  })

  it('is not remembered without the box, nor by what is no cookie of ours', async () => {
    const login = next()
    const visitor = createVisitor(use.gate)
    const { fields } = await reachMailedCode(visitor, { login })
    await visitor.ask(CODE, { form: { ...fields, code: await mailedCode(use.gate) } })
    comeBack(visitor)
    assert.equal(await isAskedForCode(visitor, login), true)
    const ours = await remember(login, createVisitor(use.gate))
    const secret = ours.cookies.get(DEVICE) ?? assert.fail()
    for (const value of ['x'.repeat(43), `${secret}x`, '', secret.toLowerCase()]) {
      const stranger = createVisitor(use.gate)
      stranger.cookies.set(DEVICE, value)
      use.clock.advance('2m')
      assert.equal(await isAskedForCode(stranger, login), true, value)
    }
    const colleague = createVisitor(use.gate)
    colleague.cookies.set(DEVICE, secret)
    assert.equal(await isAskedForCode(colleague, COLLEAGUE.login), true, 'of another person it says nothing')
  })

  it('says honestly how the session was opened: level 1, one factor, no fresh proof; what needs more asks for everything', async () => {
    const login = next()
    const visitor = createVisitor(use.gate)
    const { fields } = await reachMailedCode(visitor, { login })
    await visitor.ask(CODE, { form: { ...fields, code: await mailedCode(use.gate) } })
    const secret = await addApplication(visitor, use.clock)
    comeBack(visitor)
    const choice = await visitor.page((await passPassword(visitor, { login })).location ?? '')
    const page = await choose(visitor, choice.body, applicationOffer(choice.body))
    const form = { ...hiddenFields(page.body, CODE), code: codeOf(secret, use.clock), device: 'remember' }
    assert.equal((await visitor.ask(CODE, { form })).location, '/dcc/')
    assert.equal((await visitor.page('/dcc/admin/')).status, 200)
    comeBack(visitor)
    assert.equal((await passPassword(visitor, { login })).location, '/dcc/')
    await visitor.page('/dcc/')
    const assertion = String(use.upstream.requests.at(-1)?.headers['x-portillon-assertion'])
    const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as object
    assert.deepEqual(
      { acr: Reflect.get(claims, 'acr') as unknown, amr: Reflect.get(claims, 'amr') as unknown },
      { acr: 'urn:portillon:level:1', amr: ['pwd'] },
    )
    const [started] = (await trailOf(use.gate, 'session.started')).filter(
      ({ method }) => method?.includes('remembered') === true,
    )
    assert.equal(started?.method, 'password+remembered-device')
    assert.equal(started.detail, 'level 1')
    // R31: no change of how one signs in without the second factor, and no circle on the way to it.
    const account = await visitor.page(ACCOUNT)
    assert.equal(account.status, 303)
    const signInPage = await visitor.page(account.location ?? '')
    const again = await visitor.ask(`${PREFIX}/sign-in`, {
      form: { ...hiddenFields(signInPage.body, `${PREFIX}/sign-in`), login, password: GATE_PASSWORD },
    })
    assert.match(again.location ?? '', /\/sign-in\/choice/)
    const challenged = await visitor.page('/dcc/admin/')
    assert.equal(challenged.status, 302)
    const stronger = await visitor.page(challenged.location ?? '')
    const full = await visitor.ask(`${PREFIX}/sign-in`, {
      form: { ...hiddenFields(stronger.body, `${PREFIX}/sign-in`), login, password: GATE_PASSWORD },
    })
    assert.match(full.location ?? '', /\/sign-in\/choice/)
  })

  it('is listed under « Mon compte » with device, place and date, and removed there', async () => {
    const login = next()
    const visitor = await remember(login)
    const page = await visitor.page(ACCOUNT)
    const words = wordsOf(page)
    assert.match(words, /Appareils mémorisés/)
    assert.match(words, /127\.0\.0\.1/)
    const id = /name="device" value="([\w-]{22})"/.exec(page.body)?.[1] ?? assert.fail('it is not listed')
    const csrf = hiddenFields(page.body, FORGET)['csrf'] ?? ''
    const foreign = createVisitor(use.gate)
    await remember(COLLEAGUE.login, foreign)
    const theirs = hiddenFields((await foreign.page(ACCOUNT)).body, FORGET)
    await foreign.ask(FORGET, { form: { csrf: theirs['csrf'] ?? '', device: id } })
    assert.match(wordsOf(await visitor.page(ACCOUNT)), /Appareils mémorisés/, 'nobody removes another person’s')
    const cross = await visitor.ask(FORGET, {
      form: { csrf, device: 'all' },
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    assert.equal(cross.status, 403)
    const removed = await visitor.ask(FORGET, { form: { csrf, device: id } })
    assert.equal(removed.location, `${ACCOUNT}?done=device-forgotten`)
    assert.match(wordsOf(await visitor.page(removed.location)), /n'est plus mémorisé/)
    comeBack(visitor)
    assert.equal(await isAskedForCode(visitor, login), true)
    assert.equal((await trailOf(use.gate, 'device.remembered')).length > 0, true)
    assert.equal((await trailOf(use.gate, 'device.forgotten')).length > 0, true)
  })

  it('ends with a reset, a changed factor, and the closing of the account', async () => {
    const resetting = next()
    const one = await remember(resetting)
    const password = 'Jonquille des prés n° 63'
    await resetBy(createVisitor(use.gate), await mailedLink(use.gate, createVisitor(use.gate), resetting), password)
    comeBack(one)
    assert.equal(await isAskedForCode(one, resetting, '/dcc/', password), true)

    const changing = next()
    const two = await remember(changing)
    await addAddress(use.gate, two, `${changing}@cabinet.example.test`)
    comeBack(two)
    assert.equal(await isAskedForCode(two, changing), true)

    const closed = next()
    const three = await remember(closed)
    const operator = operatorOf(use.gate, use.clock)
    await operator.disable(use.gate.site.realm, closed)
    while (
      await use.gate.app.database.db
        .selectFrom('devices')
        .innerJoin('accounts', 'accounts.id', 'devices.account')
        .select('devices.id')
        .where('accounts.login', '=', closed)
        .where('remembered_way', 'is not', null)
        .executeTakeFirst()
    )
      await new Promise((resolve) => setTimeout(resolve, 50))
    await operator.enable(use.gate.site.realm, closed)
    comeBack(three)
    assert.equal(await isAskedForCode(three, closed), true)
  })

  it('S-01: gets another secret when it is remembered, so that one noted on a workstation of many is worthless', async () => {
    const login = next()
    const visitor = createVisitor(use.gate)
    const { fields } = await reachMailedCode(visitor, { login: COLLEAGUE.login })
    await visitor.ask(CODE, { form: { ...fields, code: await mailedCode(use.gate) } })
    const noted = visitor.cookies.get(DEVICE)
    visitor.cookies.delete(SESSION_COOKIE)
    await remember(login, visitor)
    assert.notEqual(visitor.cookies.get(DEVICE), noted)
    const thief = createVisitor(use.gate)
    thief.cookies.set(DEVICE, noted ?? '')
    use.clock.advance('2m')
    assert.equal(await isAskedForCode(thief, login), true)
  })
})

describe('where the policy does not speak of remembered devices', () => {
  const strict = useGate({ 'email-code': { from: 'WebDCR@example.test' } })

  it('R25: there is no box, and ticking one that is not there does nothing', async () => {
    const { page, fields } = await reachCodePage(strict.visitor)
    assert.doesNotMatch(page.body, /name="device"/)
    await strict.visitor.ask(CODE, {
      form: { ...fields, code: await mailedCode(strict.gate), device: 'remember' },
    })
    assert.equal((await strict.visitor.page('/dcc/')).status, 200)
    strict.clock.advance('12h')
    strict.visitor.cookies.delete(SESSION_COOKIE)
    const answer = await passPassword(strict.visitor)
    assert.match(answer.location ?? '', /\/sign-in\/code/)
  })
})
