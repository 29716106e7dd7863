import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GATE_PASSWORD, PERSON } from '../kit/gate.ts'
import { mailAfter, operatorOf, wordsOf } from '../kit/passwords.ts'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, giveCredentials, hiddenFields, mailedCode, openSignIn, PREFIX, signIn } from '../kit/visitor.ts'

const KNOWN = '__Host-portillon-known'
const OWN = `${PREFIX}/account/password`
const OBLIGED = `${PREFIX}/sign-in/new-password`

/** OncoCentre: a password is valid for four months, and one that was given is changed at the first use (seed 004). */
const use = useGate({ password: { expires: '120d', history: 1 } })

let counter = 0
const fresh = (): string => `Pervenche des bois n° ${(counter += 1)}`

const setPassword = async (login: string, password: string, mustChange: boolean): Promise<void> => {
  const admin = operatorOf(use.gate, use.clock)
  const { realm, site } = use.gate.site
  assert.ok((await admin.setPassword(realm, login, { password, site, mustChange })).ok)
}

describe('seed 004: a password that has to be changed', () => {
  it('is changed at its first use, after both factors and before a session opens; then the person is where they wanted', async () => {
    const { visitor, gate } = use
    const given = 'aT7kp-x9mQz-rrtBn-45kLp'
    await setPassword(PERSON.login, given, true)
    const stopped = await signIn(gate, visitor, '/dcc/rcp?jour=lundi', PERSON.login, given)
    assert.ok(stopped.location?.startsWith(`${OBLIGED}?attempt=`), stopped.location)
    assert.equal(visitor.cookies.has(SESSION_COOKIE), false)
    assert.equal((await visitor.page('/dcc/')).status, 302, 'nothing opens before')
    const page = await visitor.page(stopped.location ?? '')
    assert.match(wordsOf(page), /Votre mot de passe actuel vous a été donné/)
    const fields = hiddenFields(page.body, OBLIGED)
    const same = await visitor.ask(OBLIGED, { form: { ...fields, password: given } })
    assert.equal(same.status, 422)
    assert.match(wordsOf(same), /C'est votre mot de passe actuel/)
    const before = gate.mails().length
    const password = fresh()
    const landed = await visitor.ask(OBLIGED, { form: { ...fields, password } })
    assert.equal(landed.location, '/dcc/rcp?jour=lundi')
    assert.equal((await visitor.page('/dcc/')).status, 200)
    assert.match((await mailAfter(gate, before)).subject, /mot de passe .* a été changé/)
    const next = createVisitor(gate)
    await signIn(gate, next, '/dcc/', PERSON.login, password)
    assert.equal((await next.page('/dcc/')).status, 200)
  })

  it('is asked for after four months, and a former one does not serve again', async () => {
    const { visitor, gate } = use
    const [first, second] = [fresh(), fresh()]
    await setPassword(PERSON.login, first, false)
    use.clock.advance('24h')
    await setPassword(PERSON.login, second, false)
    for (let day = 0; day < 119; day += 1) use.clock.advance('24h')
    const early = createVisitor(gate)
    await signIn(gate, early, '/dcc/', PERSON.login, second)
    assert.equal((await early.page('/dcc/')).status, 200)
    use.clock.advance('24h')
    const stopped = await signIn(gate, visitor, '/dcc/', PERSON.login, second)
    const page = await visitor.page(stopped.location ?? '')
    assert.match(wordsOf(page), /était valable 4 mois/)
    const fields = hiddenFields(page.body, OBLIGED)
    const former = await visitor.ask(OBLIGED, { form: { ...fields, password: first } })
    assert.match(wordsOf(former), /Vous avez déjà utilisé ce mot de passe/)
    assert.equal((await visitor.ask(OBLIGED, { form: { ...fields, password: fresh() } })).location, '/dcc/')
  })

  it('T-14: is changed by nobody who has not proved both factors, nor in another browser', async () => {
    const { visitor, gate } = use
    const given = fresh()
    await setPassword(PERSON.login, given, true)
    const accepted = await giveCredentials(visitor, await openSignIn(visitor), PERSON.login, given)
    const handle = new URL(accepted.location ?? '', gate.origin).searchParams.get('attempt') ?? ''
    const skipped = await visitor.page(`${OBLIGED}?attempt=${handle}`)
    assert.match(skipped.location ?? '', /sign-in\/code/)
    const form = { ...(await openSignIn(visitor)), attempt: handle, password: fresh() }
    assert.match((await visitor.ask(OBLIGED, { form })).location ?? '', /\/sign-in\?/)
    use.clock.advance('10m')
    const stopped = await signIn(gate, visitor, '/dcc/', PERSON.login, given)
    const thief = createVisitor(gate)
    assert.match((await thief.page(stopped.location ?? '')).location ?? '', /\/sign-in\?/)
  })
})

describe('« Changer mon mot de passe »', () => {
  const begin = async () => {
    const { visitor, gate } = use
    const current = fresh()
    await setPassword(COLLEAGUE.login, current, false)
    await signIn(gate, visitor, '/dcc/', COLLEAGUE.login, current)
    const page = await visitor.page(OWN)
    return { visitor, gate, current, page, fields: hiddenFields(page.body, OWN) }
  }

  it('leads somebody who is not signed in to the sign-in, and back', async () => {
    const { visitor, gate } = use
    const current = fresh()
    await setPassword(COLLEAGUE.login, current, false)
    const led = await visitor.page(OWN)
    assert.equal(led.status, 303)
    const page = await visitor.page(led.location ?? '')
    const before = gate.mails().length
    const accepted = await giveCredentials(
      visitor,
      hiddenFields(page.body, `${PREFIX}/sign-in`),
      COLLEAGUE.login,
      current,
    )
    const codePage = await visitor.page(accepted.location ?? '')
    while (gate.mails().length === before) await new Promise((resolve) => setImmediate(resolve))
    const form = { ...hiddenFields(codePage.body, `${PREFIX}/sign-in/code`), code: await mailedCode(gate) }
    assert.equal((await visitor.ask(`${PREFIX}/sign-in/code`, { form })).location, OWN)
  })

  it('C-14: asks for the present password, keeps this session, ends the others, and tells the person', async () => {
    const { visitor, gate, current, page, fields } = await begin()
    assert.match(page.body, /autocomplete="current-password"/)
    const elsewhere = createVisitor(gate)
    await signIn(gate, elsewhere, '/dcc/', COLLEAGUE.login, current)
    const password = fresh()
    const wrong = await visitor.ask(OWN, { form: { ...fields, current: 'autre chose', password } })
    assert.equal(wrong.status, 401)
    assert.match(wordsOf(wrong), /Votre mot de passe actuel ne correspond pas/)
    const without = await visitor.ask(OWN, { form: { ...fields, current: '', password } })
    assert.equal(without.status, 400)
    assert.equal((await elsewhere.page('/dcc/')).status, 200, 'nothing was changed')
    const before = gate.mails().length
    const saved = await visitor.ask(OWN, { form: { ...fields, current, password } })
    assert.equal(saved.location, `${PREFIX}/password/changed`)
    assert.match(wordsOf(await visitor.page(`${PREFIX}/password/changed`)), /Celle-ci reste ouverte/)
    assert.equal((await visitor.page('/dcc/')).status, 200)
    assert.equal((await elsewhere.page('/dcc/')).status, 302)
    const mail = await mailAfter(gate, before)
    assert.equal(mail.to, COLLEAGUE.email)
    assert.match(mail.subject, /a été changé/)
  })

  it('C-06: counts tries at the present password like those of a sign-in, at both doors', async () => {
    const { visitor, gate, current, fields } = await begin()
    for (let round = 0; round < 6; round += 1) {
      await visitor.ask(OWN, { form: { ...fields, current: `faux ${round}`, password: fresh() } })
    }
    const shut = await visitor.ask(OWN, { form: { ...fields, current, password: fresh() } })
    assert.equal(shut.status, 429)
    assert.match(wordsOf(shut), /Trop d'essais/)
    const door = createVisitor(gate)
    door.cookies.set(KNOWN, visitor.cookies.get(KNOWN) ?? assert.fail('the browser is not known'))
    assert.equal((await giveCredentials(door, await openSignIn(door), COLLEAGUE.login, current)).status, 429)
    use.clock.advance('2h')
  })

  it('C-15, C-16: takes texts only, from a page of this site only, and no session from elsewhere', async () => {
    const { visitor, current, fields } = await begin()
    const form = { ...fields, current, password: fresh() }
    assert.equal((await visitor.ask(OWN, { form, headers: { 'sec-fetch-site': 'cross-site' } })).status, 403)
    const twice = [...Object.entries(form), ['password', fresh()]] as [string, string][]
    assert.equal((await visitor.ask(OWN, { form: twice })).status, 400)
    visitor.cookies.delete(SESSION_COOKIE)
    assert.match((await visitor.ask(OWN, { form })).location ?? '', /\/sign-in\?/)
    assert.notEqual(current, GATE_PASSWORD)
  })
})
