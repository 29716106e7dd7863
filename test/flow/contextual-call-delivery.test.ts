import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeJwt } from 'jose'
import type { SiteFile } from '../../src/policy/schema.ts'
import { CALL, callEvents, callOf, callSite, JEANNE, lastReason, makeHospital, open, PAUL } from '../kit/calls.ts'
import { PERSON } from '../kit/gate.ts'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, mailedCode, PREFIX, signIn } from '../kit/visitor.ts'

const PEOPLE = [PERSON, { ...COLLEAGUE, nationalId: '899900000011' }]
const chu = makeHospital('chu', '990000017')

type Call = NonNullable<SiteFile['contextual-call']>
const site = (call: Partial<Call>, more: Partial<SiteFile> = {}) => ({ ...callSite([chu], call), ...more })

describe('a call that is told to the application by a form', () => {
  const inUse = useGate(
    site({
      deliver: {
        as: 'form',
        path: '/dcc/appel',
        charset: 'iso-8859-1',
        values: { NOM: 'patient.birth-name', INS: 'patient.ins' },
      },
    }),
    PEOPLE,
  )

  it('is a page that sends itself, in the character set of the application, markup and all', async () => {
    const patient = { ...JEANNE, birth_name: `L'Épée "&amp; é` }
    const page = await open(inUse.visitor, callOf(chu, inUse.clock.now(), { patient }))
    assert.equal(page.status, 200)
    assert.match(page.body, /<form[^>]* method="post" action="\/dcc\/appel" accept-charset="iso-8859-1"/)
    assert.match(page.body, /name="NOM" value="L&#39;Épée &quot;&amp;amp; é"/)
    assert.match(page.body, /name="INS" value="250029912345672\^\^\^&amp;1\.2\.250\.1\.213\.1\.4\.8&amp;ISO\^NH"/)
    assert.match(String(page.headers['content-security-policy']), /script-src 'self'.*form-action 'self'/)
    assert.equal(page.headers['cache-control'], 'no-store')
  })

  it('X-11: is refused when the character set has not the letters of a name: no other name is put in its place', async () => {
    const patient = { ...JEANNE, birth_name: 'Łukasz' }
    assert.equal((await open(inUse.visitor, callOf(chu, inUse.clock.now(), { patient }))).status, 403)
    assert.equal(lastReason(inUse.gate), 'value-unwritable')
    assert.equal(inUse.visitor.cookies.has(SESSION_COOKIE), false)
  })
})

describe('a call that is told to the application by headers and the assertion', () => {
  const inUse = useGate(
    site({
      deliver: {
        as: 'headers',
        path: '/dcc/patient',
        headers: { 'X-Patient-INS': 'patient.matricule', 'X-Patient-Name': 'patient.birth-name' },
        ctx: { ins: 'patient.matricule' },
      },
    }),
    PEOPLE,
  )
  const ask = async (visitor: ReturnType<typeof createVisitor>, headers = {}) => {
    await visitor.page('/dcc/patient', headers)
    const received = inUse.upstream.requests.at(-1)?.headers ?? {}
    const assertion = String(received['x-portillon-assertion'])
    return { received, ctx: assertion === '' ? null : decodeJwt(assertion)['ctx'] }
  }

  it('says it on each request of that session, and nobody else can', async () => {
    const { visitor } = inUse
    const opened = await open(visitor, callOf(chu, inUse.clock.now(), { patient: { ...JEANNE, birth_name: 'Été' } }))
    assert.equal(opened.location, '/dcc/patient')
    const { received, ctx } = await ask(visitor, { 'X_Patient-INS': 'forged', 'x-patient-name': 'forged' })
    assert.equal(received['x-patient-ins'], JEANNE.ins.matricule)
    assert.equal(received['x-patient-name'], '%C3%89t%C3%A9')
    assert.equal(JSON.stringify(received).includes('forged'), false)
    assert.deepEqual(ctx, {
      ins: JEANNE.ins.matricule,
      partner: 'chu',
      reference: callEvents(inUse.gate, 'call.opened').at(-1)?.['reference'],
    })
  })

  it('X-13: after a second patient every request says the second one, that of an old tab too', async () => {
    const { visitor } = inUse
    await open(visitor, callOf(chu, inUse.clock.now()))
    const page = await open(visitor, callOf(chu, inUse.clock.now(), { patient: PAUL }))
    await visitor.ask(`${CALL}/open`, { form: { ...hiddenFields(page.body, `${CALL}/open`), choice: 'go' } })
    assert.equal((await ask(visitor)).received['x-patient-ins'], PAUL.ins.matricule)
  })

  it('says nothing of a patient to somebody whom no call has brought', async () => {
    const { visitor } = inUse
    await signIn(inUse.gate, visitor)
    const { received, ctx } = await ask(visitor, { 'X-Patient-INS': 'forged' })
    assert.equal(received['x-patient-ins'], '')
    assert.equal(ctx, undefined)
  })
})

describe('a call for another patient that opens beside the first', () => {
  const inUse = useGate(site({ 'second-patient': 'beside' }), PEOPLE)

  it('X-13: keeps the session, and each tab its own patient', async () => {
    const { visitor } = inUse
    await open(visitor, callOf(chu, inUse.clock.now()))
    const session = visitor.cookies.get(SESSION_COOKIE)
    const second = await open(visitor, callOf(chu, inUse.clock.now(), { patient: PAUL }))
    assert.equal(new URL(second.location ?? '', 'https://x.test').searchParams.get('ins'), PAUL.ins.matricule)
    assert.equal(visitor.cookies.get(SESSION_COOKIE), session)
    assert.equal(callEvents(inUse.gate, 'call.opened').length, 2)
  })
})

describe('a session of a call that is confined', () => {
  const inUse = useGate(site({ confined: ['/dcc/patient/**'] }), PEOPLE)

  it('serves its paths alone, and leads to a full sign-in for others, which are then served', async () => {
    const { visitor } = inUse
    await open(visitor, callOf(chu, inUse.clock.now()))
    assert.equal((await visitor.page('/dcc/patient/notes')).status, 200)
    const elsewhere = await visitor.page('/dcc/admin')
    assert.equal(elsewhere.status, 302)
    assert.match(elsewhere.location ?? '', /^\/_portillon\/sign-in\?to=/)
    const script = await visitor.ask('/dcc/admin', { headers: { accept: 'application/json' } })
    assert.equal(script.status, 401)
    inUse.clock.advance('1s')
    assert.equal((await signIn(inUse.gate, visitor, '/dcc/admin')).location, '/dcc/admin')
    assert.equal((await visitor.page('/dcc/admin')).status, 200)
  })
})

describe('a call for somebody who must have two factors', () => {
  const inUse = useGate(
    site(
      {},
      {
        ways: [
          { id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' },
          { id: 'dpi-code', methods: ['contextual-call', 'email-code'], homologation: 'test' },
        ],
      },
    ),
    PEOPLE,
  )

  it('X-08: asks for the second factor, opens nothing before it, and the right patient after it', async () => {
    const { visitor } = inUse
    const before = inUse.gate.mails().length
    const page = await open(visitor, callOf(chu, inUse.clock.now()))
    assert.equal(page.status, 200, page.body)
    assert.equal(visitor.cookies.has(SESSION_COOKIE), false)
    assert.equal((await visitor.page('/dcc/patient')).status, 302)
    while (inUse.gate.mails().length === before) await new Promise((resolve) => setImmediate(resolve))
    const form = { ...hiddenFields(page.body, `${PREFIX}/sign-in/code`), code: await mailedCode(inUse.gate) }
    const proved = await visitor.ask(`${PREFIX}/sign-in/code`, { form })
    assert.match(proved.location ?? '', /^\/_portillon\/contextual-call\/deliver\?call=[a-p]{32}$/)
    const opened = await visitor.page(proved.location ?? '')
    assert.equal(new URL(opened.location ?? '', 'https://x.test').searchParams.get('ins'), JEANNE.ins.matricule)
    assert.equal((await visitor.page(proved.location ?? '')).status, 410)
    assert.equal(callEvents(inUse.gate, 'session.started').at(-1)?.['method'], 'contextual-call+email-code')
  })

  it('tells the application of no patient when the second factor came too late', async () => {
    const { visitor } = inUse
    const before = inUse.gate.mails().length
    const page = await open(visitor, callOf(chu, inUse.clock.now()))
    while (inUse.gate.mails().length === before) await new Promise((resolve) => setImmediate(resolve))
    const code = await mailedCode(inUse.gate)
    inUse.clock.advance('16m')
    const form = { ...hiddenFields(page.body, `${PREFIX}/sign-in/code`), code }
    await visitor.ask(`${PREFIX}/sign-in/code`, { form })
    assert.equal(visitor.cookies.has(SESSION_COOKIE), false)
  })
})

describe('a call that the policy wants confirmed', () => {
  const inUse = useGate(site({ confirm: 'always' }), PEOPLE)

  it('X-07: opens nothing before the person has seen as whom and for whom, and said so', async () => {
    const { visitor } = inUse
    const page = await open(visitor, callOf(chu, inUse.clock.now()))
    assert.match(page.body, /Ouvrir ce dossier/)
    assert.match(page.body, /FICTIVE-DURAND Jeanne, 01\/02\/1950/)
    assert.equal(visitor.cookies.has(SESSION_COOKIE), false)
    const form = hiddenFields(page.body, `${CALL}/open`)
    const forged = await visitor.ask(`${CALL}/open`, { form: { ...form, choice: 'go', csrf: 'x' } })
    assert.equal(visitor.cookies.has(SESSION_COOKIE), false, String(forged.status))
    const opened = await visitor.ask(`${CALL}/open`, { form: { ...form, choice: 'go' } })
    assert.equal(opened.location?.startsWith('/dcc/patient'), true)
  })
})

describe('calls by GET', () => {
  const inUse = useGate(site({}), PEOPLE)

  it('X-10: are refused where the policy does not allow them, and leave the token in no log', async () => {
    const token = callOf(chu, inUse.clock.now())
    const answer = await inUse.visitor.page(`${CALL}?token=${token}`, { 'sec-fetch-site': 'cross-site' })
    assert.equal(answer.status, 403)
    assert.equal(lastReason(inUse.gate), 'method-refused')
    assert.equal(JSON.stringify(inUse.gate.log).includes(token.slice(-40)), false)
    assert.equal((await open(inUse.visitor, token)).status, 303)
  })
})

describe('a site that takes no calls', () => {
  const inUse = useGate({}, PEOPLE)

  it('has no such page', async () => {
    assert.equal((await open(inUse.visitor, callOf(chu, inUse.clock.now()))).status, 404)
  })
})
