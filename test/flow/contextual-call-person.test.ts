import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CALL, callEvents, callOf, callSite, lastReason, makeHospital, open, PAUL } from '../kit/calls.ts'
import { PERSON } from '../kit/gate.ts'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, signIn } from '../kit/visitor.ts'

const chu = makeHospital('chu', '990000017')
const inUse = useGate(callSite([chu]), [PERSON, { ...COLLEAGUE, nationalId: '899900000011' }])
const now = () => inUse.clock.now()
const events = (name: string) => callEvents(inUse.gate, name)
const whoIs = (visitor: ReturnType<typeof createVisitor>) => visitor.page('/dcc/whoami')

describe('the right person and the right patient', () => {
  it('R28, S-20: with somebody else signed in, shows who is and who comes, and changes over whole or not at all', async () => {
    const { visitor } = inUse
    await signIn(inUse.gate, visitor, '/dcc/', COLLEAGUE.login)
    const former = visitor.cookies.get(SESSION_COOKIE)
    visitor.cookies.set('JSESSIONID', 'of-the-former')
    const page = await open(visitor, callOf(chu, now()))
    assert.equal(page.status, 200)
    assert.match(page.body, /Alix Modèle/)
    assert.match(page.body, /Camille Exemple/)
    assert.doesNotMatch(page.body, /FICTIVE-DURAND/)
    const form = hiddenFields(page.body, `${CALL}/open`)
    await whoIs(visitor)
    assert.equal(inUse.upstream.requests.at(-1)?.headers['x-remote-user'], COLLEAGUE.login)

    const changed = await visitor.ask(`${CALL}/open`, { form: { ...form, choice: 'go' } })
    assert.equal(changed.location?.startsWith('/dcc/patient'), true, changed.body)
    assert.match(String(changed.headers['clear-site-data']), /"storage"/)
    assert.equal(visitor.cookies.has('JSESSIONID'), false)
    assert.ok(changed.setCookies.some((line) => /^JSESSIONID=; Path=\/dcc; Max-Age=0/.test(line)))
    await whoIs(visitor)
    assert.equal(inUse.upstream.requests.at(-1)?.headers['x-remote-user'], PERSON.login)
    const stale = createVisitor(inUse.gate)
    stale.cookies.set(SESSION_COOKIE, former ?? '')
    assert.equal((await whoIs(stale)).status, 302)
  })

  it('S-20: whoever stays keeps their session, and the call is over', async () => {
    const { visitor } = inUse
    await signIn(inUse.gate, visitor, '/dcc/', COLLEAGUE.login)
    const page = await open(visitor, callOf(chu, now()))
    const form = hiddenFields(page.body, `${CALL}/open`)
    const stayed = await visitor.ask(`${CALL}/open`, { form: { ...form, choice: 'stay' } })
    assert.equal(stayed.location, '/')
    await whoIs(visitor)
    assert.equal(inUse.upstream.requests.at(-1)?.headers['x-remote-user'], COLLEAGUE.login)
    assert.equal((await visitor.ask(`${CALL}/open`, { form: { ...form, choice: 'go' } })).status, 410)
    assert.equal(lastReason(inUse.gate), 'other-person')
  })

  it('S-18: a press counts for what was on the page: somebody who signed in meanwhile is shown, and stays', async () => {
    const { visitor } = inUse
    await signIn(inUse.gate, visitor, '/dcc/', COLLEAGUE.login)
    const page = await open(visitor, callOf(chu, now()))
    const form = hiddenFields(page.body, `${CALL}/open`)
    // In another tab the session is exchanged for another one of the same person.
    visitor.cookies.delete(SESSION_COOKIE)
    await signIn(inUse.gate, visitor, '/dcc/', COLLEAGUE.login)
    const again = await visitor.ask(`${CALL}/open`, { form: { ...form, choice: 'go' } })
    assert.equal(again.status, 200)
    assert.match(again.body, /Une autre personne est connectée/)
    await whoIs(visitor)
    assert.equal(inUse.upstream.requests.at(-1)?.headers['x-remote-user'], COLLEAGUE.login)
  })

  it('X-13: a second patient of the same person takes the place of the first, said before, with a new session', async () => {
    const { visitor } = inUse
    await open(visitor, callOf(chu, now()))
    const first = visitor.cookies.get(SESSION_COOKIE)
    const page = await open(visitor, callOf(chu, now(), { patient: PAUL }))
    assert.match(page.body, /Un autre patient est ouvert/)
    assert.match(page.body, /FICTIF-MARTIN Paul, 30\/11\/1960/)
    assert.doesNotMatch(page.body, new RegExp(PAUL.ins.matricule))
    const form = hiddenFields(page.body, `${CALL}/open`)
    const opened = await visitor.ask(`${CALL}/open`, { form: { ...form, choice: 'go' } })
    assert.equal(new URL(opened.location ?? '', 'https://x.test').searchParams.get('ins'), PAUL.ins.matricule)
    assert.notEqual(visitor.cookies.get(SESSION_COOKIE), first)
    const old = createVisitor(inUse.gate)
    old.cookies.set(SESSION_COOKIE, first ?? '')
    assert.equal((await whoIs(old)).status, 302)
  })

  it('X-13: the script of the application’s pages tells a page of the former patient that it is over', async () => {
    const { visitor } = inUse
    const ask = async (query: string) => {
      const { body } = await visitor.ask(`/_portillon/session?${query}`)
      return JSON.parse(body) as { session?: { person: string }; same?: boolean; texts?: Record<string, string> }
    }
    await open(visitor, callOf(chu, now()))
    const mark = encodeURIComponent((await ask('lang=fr')).session?.person ?? '')
    assert.equal((await ask(`person=${mark}`)).same, true)
    const page = await open(visitor, callOf(chu, now(), { patient: PAUL }))
    await visitor.ask(`${CALL}/open`, { form: { ...hiddenFields(page.body, `${CALL}/open`), choice: 'go' } })
    const told = await ask(`person=${mark}`)
    assert.equal(told.same, false)
    assert.match(told.texts?.['otherWords'] ?? '', /autre patient/)
  })

  it('the same patient again goes straight on', async () => {
    await open(inUse.visitor, callOf(chu, now()))
    assert.equal((await open(inUse.visitor, callOf(chu, now()))).location?.startsWith('/dcc/patient'), true)
  })

  it('whoever has signed in by themselves keeps their level and their limits, with a new session for the patient', async () => {
    const { visitor } = inUse
    await signIn(inUse.gate, visitor)
    const before = visitor.cookies.get(SESSION_COOKIE)
    inUse.clock.advance('9m')
    assert.equal((await open(visitor, callOf(chu, now()))).location?.startsWith('/dcc/patient'), true)
    assert.notEqual(visitor.cookies.get(SESSION_COOKIE), before)
    assert.equal(events('session.started').length > 0, true)
    // The limit of a session that a call opens would be over by then, that of their own is not.
    inUse.clock.advance('29m')
    assert.equal((await whoIs(visitor)).status, 200)
  })

  it('a session of a call ends by its own limits', async () => {
    await open(inUse.visitor, callOf(chu, now()))
    inUse.clock.advance('19m')
    assert.equal((await whoIs(inUse.visitor)).status, 200)
    await inUse.gate.settle()
    inUse.clock.advance('21m')
    assert.equal((await whoIs(inUse.visitor)).status, 302)
  })
})
