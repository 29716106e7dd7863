import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeJwt } from 'jose'
import { GATE_PASSWORD, PERSON, startGate } from '../kit/gate.ts'
import { eventsOf, goToProvider, pscSite, SECRET, useProviderGate } from '../kit/provider-gate.ts'
import { CAMILLE } from '../kit/scripted-provider.ts'
import { createVisitor, hiddenFields, openSignIn, PREFIX, type Answer, type Visitor } from '../kit/visitor.ts'

/** Pro Santé Connect names all the practices of a person: the site offers the choice and remembers it. */

const PRACTICE = `${PREFIX}/pro-sante-connect/practice`
const HEADERS = {
  'X-Remote-User': 'login',
  'X-Practice-Finess': 'practice-finess',
  'X-Practice-Structure': 'practice-structure',
  'X-Practice-Profession': 'practice-profession',
  'X-Practice-Speciality': 'practice-speciality',
} as const
const identity = { headers: HEADERS, assertion: { audience: 'webdcr' } }

const [EXERCICE] = CAMILLE.SubjectRefPro.exercices
const [ACTIVITY] = EXERCICE.activities
const CLINIC = {
  ...ACTIVITY,
  numeroFinessSite: '990000036',
  identifiantTechniqueDeLaStructure: 'R9990002',
  raisonSocialeSite: 'CLINIQUE DE L’ÎLE',
}
const working = (...activities: object[]) => ({
  ...CAMILLE,
  SubjectRefPro: { exercices: [{ ...EXERCICE, activities }] },
})
const TWO = working(ACTIVITY, CLINIC)
const [HOSPITAL_KEY, CLINIC_KEY] = ['10|C|SM36|R9990001', '10|C|SM36|R9990002']

// One person for each test: what one has chosen is remembered.
const people = Array.from({ length: 9 }, (_, nth) => ({
  ...PERSON,
  login: `p.${nth}`,
  email: `p.${nth}@example.test`,
  nationalId: `89990000020${nth}`,
}))
let next = 0
const use = useProviderGate({ practices: 'ask' }, { people, site: { identity } })

/** The provider says this of a person of whom nothing is remembered. @returns what they say of them */
const somebody = (userinfo: object) => {
  const { nationalId, login } = people[(next += 1)] ?? assert.fail('too few people')
  const says = (said: object) =>
    use.provider.says({ userinfo: { ...said, sub: `f:0:${nationalId}`, SubjectNameID: nationalId } })
  says(userinfo)
  return { says, login }
}

const choose = (visitor: Visitor, page: Answer, fields: Record<string, string>) =>
  visitor.ask(PRACTICE, { form: { ...hiddenFields(page.body, PRACTICE), ...fields } })

/** Comes back from the provider to the page that asks. */
const asked = async (visitor = use.visitor): Promise<Answer> => {
  const back = await use.comeBack(visitor, '/dcc/ui/patient.jsp?id=1024')
  assert.equal(back.status, 303, back.body)
  assert.match(back.location ?? '', new RegExp(`^${PRACTICE}\\?pending=`))
  const page = await visitor.page(back.location ?? '')
  assert.equal(page.status, 200)
  assert.match(page.body, /Dans quelle structure travaillez-vous maintenant/)
  return page
}

/** What the application is told on the next request of this browser. */
const told = async (visitor = use.visitor) => {
  assert.equal((await visitor.page('/dcc/')).status, 200)
  const { headers } = use.upstream.requests.at(-1) ?? assert.fail('nothing arrived')
  const { practice } = decodeJwt(String(headers['x-portillon-assertion']))
  const names = ['finess', 'structure', 'profession', 'speciality']
  return { headers: names.map((name) => headers[`x-practice-${name}`]), practice, login: headers['x-remote-user'] }
}
const AT_HOSPITAL = ['990000028', 'CENTRE HOSPITALIER FICTIF', '10', 'SM36']
const AT_CLINIC = ['990000036', 'CLINIQUE DE L%E2%80%99%C3%8ELE', '10', 'SM36']
const hasNoSession = async (visitor: Visitor) => assert.equal((await visitor.page('/dcc/')).status, 302)
const lastOf = (event: string) => eventsOf(use.gate).findLast((one) => one.event === event)
const againWith = async () => {
  const visitor = createVisitor(use.gate)
  return { visitor, back: await use.comeBack(visitor) }
}

describe('the practice of somebody whom Pro Santé Connect names', () => {
  it('is taken without a question where there is one, told in headers and assertion, and noted in the trail', async () => {
    const { login } = somebody(CAMILLE)
    const back = await use.comeBack(use.visitor, '/dcc/ui/patient.jsp?id=1024')
    assert.equal(back.location, '/dcc/ui/patient.jsp?id=1024')
    const [finess, structure, profession, speciality] = AT_HOSPITAL
    assert.deepEqual(await told(), {
      headers: AT_HOSPITAL,
      practice: { finess, structure, profession, speciality },
      login,
    })
    assert.equal(lastOf('session.started')?.detail, `level 2, practice ${HOSPITAL_KEY}`)
  })

  it('is empty, and no claim, where nothing is said of it; what a visitor sends in its place is dropped', async () => {
    const { SubjectRefPro: _, ...inactive } = CAMILLE
    somebody(inactive)
    await use.comeBack()
    await use.visitor.ask('/dcc/', { headers: { 'X-Practice-Finess': '990000036' } })
    assert.equal(use.upstream.requests.at(-1)?.headers['x-practice-finess'], '')
    const { headers, practice } = await told()
    assert.deepEqual([headers, practice], [['', '', '', ''], undefined])
  })

  it('is asked for where there are several, before any session is open; the page that was wanted comes after it', async () => {
    somebody(TWO)
    const page = await asked()
    assert.match(
      page.body,
      /CLINIQUE DE L’ÎLE<\/span> <span class="choice-label">Médecin – Oncologie médicale – FINESS\u00a0990000036/,
    )
    await hasNoSession(use.visitor)
    const chosen = await choose(use.visitor, page, { practice: CLINIC_KEY })
    assert.deepEqual([chosen.status, chosen.location], [303, '/dcc/ui/patient.jsp?id=1024'])
    const { headers, practice } = await told()
    assert.deepEqual(headers, AT_CLINIC)
    assert.equal((practice as { structure: string }).structure, 'CLINIQUE DE L’ÎLE')
    assert.equal(lastOf('session.started')?.detail, `level 2, practice ${CLINIC_KEY}`)
    // Not remembered: asked again, and another session says another practice.
    const other = createVisitor(use.gate)
    await choose(other, await asked(other), { practice: HOSPITAL_KEY })
    assert.deepEqual([(await told(other)).headers, (await told()).headers], [AT_HOSPITAL, AT_CLINIC])
  })

  it('is taken at the next sign-in when it is remembered, until its owner takes that back under « Mon compte »', async () => {
    somebody(TWO)
    await choose(use.visitor, await asked(), { practice: CLINIC_KEY, remember: 'yes' })
    const { visitor, back } = await againWith()
    assert.equal(back.location, '/dcc/')
    assert.deepEqual((await told(visitor)).headers, AT_CLINIC)
    const account = await visitor.page(`${PREFIX}/account`)
    assert.match(account.body, /CLINIQUE DE L’ÎLE/)
    const forget = `${PREFIX}/account/practice/forget`
    const done = await visitor.ask(forget, { form: hiddenFields(account.body, forget) })
    assert.match(done.location ?? '', /done=practice-forgotten$/)
    assert.doesNotMatch((await visitor.page(done.location ?? '')).body, /CLINIQUE DE L’ÎLE/)
    await asked(createVisitor(use.gate))
  })

  it('is asked for again when the remembered one is no longer among them', async () => {
    const { says } = somebody(TWO)
    await choose(use.visitor, await asked(), { practice: CLINIC_KEY, remember: 'yes' })
    const office = { ...CLINIC, identifiantTechniqueDeLaStructure: 'R9990003', raisonSocialeSite: 'CABINET' }
    says(working(ACTIVITY, office))
    const other = createVisitor(use.gate)
    const page = await asked(other)
    assert.doesNotMatch(page.body, /CLINIQUE/)
    await choose(other, page, { practice: '10|C|SM36|R9990003', remember: 'yes' })
    const { visitor } = await againWith()
    assert.equal((await told(visitor)).headers[1], 'CABINET')
  })

  it('is none that was not offered: the page says so, the trail has it, and the right one still goes', async () => {
    somebody(TWO)
    const page = await asked()
    for (const practice of ['10|C|SM36|R9999999', '', '__proto__']) {
      const answer = await choose(use.visitor, page, { practice, remember: 'yes' })
      assert.equal(answer.status, 400)
      assert.match(answer.body, /pas parmi ceux/)
      assert.equal(lastOf('sign-in.provider-refused')?.detail, `practice-foreign ${use.provider.issuer}`)
    }
    await hasNoSession(use.visitor)
    await choose(use.visitor, page, { practice: HOSPITAL_KEY })
    assert.deepEqual((await told()).headers, AT_HOSPITAL)
  })

  it('is chosen once, and in the browser that came back from the provider', async () => {
    somebody(TWO)
    const page = await asked()
    const { pending = '', to = '' } = hiddenFields(page.body, PRACTICE)
    const thief = createVisitor(use.gate)
    const own = await openSignIn(thief)
    const address = `${PRACTICE}?${new URLSearchParams({ pending, to }).toString()}`
    assert.match((await thief.page(address)).location ?? '', /\/sign-in\?/)
    const stolen = await thief.ask(PRACTICE, { form: { ...own, pending, to, practice: HOSPITAL_KEY } })
    assert.match(stolen.location ?? '', /\/sign-in\?/)
    assert.equal(lastOf('sign-in.provider-refused')?.detail, `practice-over ${use.provider.issuer}`)
    await hasNoSession(thief)
    // The two of a double press: one opens the session, the other leads to it.
    const fields = { practice: HOSPITAL_KEY }
    const first = await choose(use.visitor, page, fields)
    assert.equal(first.location, '/dcc/ui/patient.jsp?id=1024')
    const opened = eventsOf(use.gate).filter(({ event }) => event === 'session.started').length
    await choose(use.visitor, page, fields)
    assert.equal(eventsOf(use.gate).filter(({ event }) => event === 'session.started').length, opened)
    assert.deepEqual((await told()).headers, AT_HOSPITAL)
  })

  it('is not asked of whoever is refused afterwards', async () => {
    use.provider.says({ userinfo: { ...TWO, sub: 'f:0:899900000999', SubjectNameID: '899900000999' } })
    const back = await use.comeBack()
    assert.equal(back.status, 403)
  })
})

describe('the practice, in other policies', () => {
  const from = async (
    site: object,
    run: (visitor: Visitor, gate: Awaited<ReturnType<typeof startGate>>) => Promise<void>,
  ) => {
    const gate = await startGate({
      upstream: use.upstream.url,
      people: [PERSON],
      site: { ...pscSite(use.provider.issuer), ...site },
      providers: { 'pro-sante-connect': SECRET },
    })
    try {
      use.provider.says({ userinfo: TWO })
      await run(createVisitor(gate), gate)
    } finally {
      await gate.stop()
    }
  }

  it('is neither asked for nor told where the site does not ask: that is the default', () =>
    from({ identity: { assertion: { audience: 'webdcr' } } }, async (visitor) => {
      const sent = await goToProvider(visitor)
      assert.equal((await visitor.page(use.provider.answerTo(sent.location ?? ''))).location, '/dcc/')
      assert.equal((await told(visitor)).practice, undefined)
    }))

  it('is asked for after a password as well, and belongs to the session that both open', () =>
    from(
      {
        identity,
        ways: [{ id: 'both', methods: ['password', 'pro-sante-connect'] }],
        'pro-sante-connect': { ...pscSite(use.provider.issuer)['pro-sante-connect'], practices: 'ask' },
      },
      async (visitor) => {
        const fields = await openSignIn(visitor)
        const form = { ...fields, login: PERSON.login, password: GATE_PASSWORD, way: 'both' }
        const offered = await visitor.ask(`${PREFIX}/sign-in`, { form })
        const sent = await visitor.page(offered.location ?? '')
        const back = await visitor.page(use.provider.answerTo(sent.location ?? ''))
        const page = await visitor.page(back.location ?? '')
        await hasNoSession(visitor)
        assert.equal((await choose(visitor, page, { practice: CLINIC_KEY })).status, 303)
        assert.deepEqual((await told(visitor)).headers, AT_CLINIC)
      },
    ))
})
