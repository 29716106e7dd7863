import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createManualClock } from '../kit/clock.ts'
import { PERSON, startGate, type Gate } from '../kit/gate.ts'
import { ACTION, NOTE, reasonOf, sendAgain, sendForm, signInFrom } from '../kit/kept-form.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, PREFIX, signIn, type Visitor } from '../kit/visitor.ts'

const clock = createManualClock()
let upstream: HttpUpstream
let gate: Gate
let visitor: Visitor
/** What the application answers: a status, or nothing at all and the connection ends. */
let answering: number | 'reset' = 200

const way = (id: string, level: number) => ({
  id,
  methods: ['password' as const, 'email-code' as const],
  level,
  homologation: 'test',
})

before(async () => {
  upstream = await startHttpUpstream((_request, response) => {
    if (answering === 'reset') response.destroy()
    else response.writeHead(answering, { 'content-type': 'text/html' }).end('the application')
  })
  gate = await startGate({
    upstream: upstream.url,
    clock,
    site: {
      // The better one is for people on call alone: somebody becomes one of them between two sign-ins.
      ways: [way('mailed-code', 1), { ...way('strong', 2), roles: ['astreinte'] }],
      forms: { keep: 2_000, paths: ['/dcc/ui/**'] },
      'sign-out': { 'upstream-paths': ['/dcc/ui/logout.jsp'] },
      rules: [
        { id: 'prescriptions', match: { path: '/dcc/ui/prescription.jsp', methods: ['POST'] }, allow: { level: 2 } },
        { id: 'referents', match: { path: '/dcc/ui/admin.jsp', methods: ['POST'] }, allow: { roles: ['referent'] } },
      ],
    },
  })
})
after(async () => {
  await gate.stop()
  await upstream.stop()
})
beforeEach(async () => {
  clock.advance('2h')
  answering = 200
  visitor = createVisitor(gate)
  await signIn(gate, visitor)
  upstream.forget()
})

describe('R7: the policy says which forms are kept', () => {
  it('by path and by size, and never the sign-out of the application', async () => {
    clock.advance('31m')
    const ask = (path: string, body = NOTE) => sendForm(gate, visitor, { path, body })
    assert.equal(reasonOf(await ask('/dcc/ui/rcp-note.jsp')), 'form-kept')
    assert.equal(reasonOf(await ask('/dcc/upload')), 'form')
    assert.equal(reasonOf(await ask('/dcc/ui/logout.jsp')), 'form')
    const tooLarge = await ask('/dcc/ui/rcp-note.jsp', 'x'.repeat(2_001))
    assert.equal(reasonOf(tooLarge), 'form-too-large')
    assert.equal(upstream.requests.length, 0)
  })

  it('a form that asks for a stronger sign-in than that of now waits for it', async () => {
    const challenged = await sendForm(gate, visitor, { path: '/dcc/ui/prescription.jsp' })
    assert.equal(reasonOf(challenged), 'form-kept')
    const onward = await visitor.page(challenged.location ?? '')
    const offer = onward.location ?? ''
    const page = await visitor.page(offer)
    assert.match(page.body, /action="\/_portillon\/sign-in"/, 'the offer begins with the sign-in')
    clock.advance('1m')
    const roles = JSON.stringify([...(PERSON.roles ?? []), 'astreinte'])
    await gate.app.database.db.updateTable('accounts').set({ roles }).where('login', '=', PERSON.login).execute()
    const again = await signInFrom(gate, visitor, offer, { way: 'strong' })
    assert.equal((await sendAgain(gate, visitor, again)).body, 'the application')
    assert.equal(upstream.requests[0]?.url, '/dcc/ui/prescription.jsp')
    const former = JSON.stringify(PERSON.roles ?? [])
    await gate.app.database.db
      .updateTable('accounts')
      .set({ roles: former })
      .where('login', '=', PERSON.login)
      .execute()
  })

  it('a form that its owner may not send is refused by its rule, whenever it is sent', async () => {
    clock.advance('31m')
    const { location } = await sendForm(gate, visitor, { path: '/dcc/ui/admin.jsp' })
    const offer = await signInFrom(gate, visitor, location)
    assert.equal((await sendAgain(gate, visitor, offer)).status, 403)
    assert.equal(upstream.requests.length, 0)
  })
})

describe('G1: a form that the application did not take is not lost either', () => {
  const comeBack = async (): Promise<string> => {
    clock.advance('31m')
    const { location } = await sendForm(gate, visitor)
    return signInFrom(gate, visitor, location)
  }
  const page = async (offer: string) => (await visitor.page(offer)).body.replaceAll('&#39;', "'")

  it('waits again as before when the application could not be reached', async () => {
    const offer = await comeBack()
    const refusing = upstream.server.close()
    upstream.server.closeAllConnections()
    const answer = await sendAgain(gate, visitor, offer)
    assert.equal(answer.status, 502)
    assert.match(await page(offer), /Rien n'a encore été transmis[^]*Envoyer à nouveau/)
    await once(refusing.listen(upstream.port, '127.0.0.1'), 'listening')
    assert.equal((await sendAgain(gate, visitor, offer)).body, 'the application')
    assert.equal(upstream.requests.length, 1)
  })

  for (const [what, failing] of [
    ['broke off', 'reset'],
    ['answered with an error', 500],
    ['refused it', 403],
  ] as const) {
    it(`is offered with a warning when the application ${what}: perhaps it has it`, async () => {
      const offer = await comeBack()
      answering = failing
      await sendAgain(gate, visitor, offer)
      assert.match(await page(offer), /n'a pas confirmé avoir reçu[^]*Envoyer à nouveau/)
      answering = 200
      assert.equal((await sendAgain(gate, visitor, offer)).status, 200)
      assert.match(await page(offer), /Votre saisie a été envoyée/)
      assert.deepEqual(
        upstream.requests.map(({ url, body }) => [url, body.toString()]),
        [
          [ACTION, NOTE],
          [ACTION, NOTE],
        ],
      )
    })
  }

  it('W-09: is erased by its owner alone', async () => {
    const offer = await comeBack()
    const answer = await visitor.ask(`${PREFIX}/kept-form/drop`, {
      form: { form: new URLSearchParams(offer.split('?')[1]).get('form') ?? '' },
    })
    assert.equal(answer.status, 403)
    assert.match(await page(offer), /Envoyer à nouveau/)
  })
})
