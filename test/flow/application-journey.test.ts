import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateSync } from 'otplib'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { hiddenFields, mailedCode, openSignIn, PREFIX, type Visitor } from '../kit/visitor.ts'
import { GATE_PASSWORD, PERSON } from '../kit/gate.ts'

/** The journey of ONCOPL's guide (seed 001): choose how the code comes, associate an application, sign in with it. */

const use = useGate({
  ways: [
    { id: 'application', methods: ['password', 'totp'], level: 2, homologation: 'test' },
    { id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' },
  ],
})

const CHOICE = `${PREFIX}/sign-in/choice`
const CODE = `${PREFIX}/sign-in/code`
const APPLICATION = `${PREFIX}/account/application`

/** Identifier and password; the page that they lead to. */
const passPassword = async (visitor: Visitor, login: string) => {
  const fields = await openSignIn(visitor, '/dcc/ui/page?x=1')
  const answer = await visitor.ask(`${PREFIX}/sign-in`, {
    form: { ...fields, login, password: GATE_PASSWORD },
  })
  assert.equal(answer.status, 303)
  return visitor.page(answer.location ?? '')
}
const press = async (visitor: Visitor, page: string, path: string, fields: Record<string, string>) => {
  const answer = await visitor.ask(path, { form: { ...hiddenFields(page, path), ...fields } })
  return { answer, next: answer.status === 303 ? await visitor.page(answer.location ?? '') : answer }
}
const secretOn = (page: string): string =>
  (/class="key">([A-Z2-7 ]+)</.exec(page)?.[1] ?? assert.fail('no key on the page')).replaceAll(' ', '')
const codeNow = (secret: string): string => generateSync({ secret, epoch: Math.floor(use.clock.now() / 1_000) })

/** From the choice page to the enrolment, by way of a mailed code. */
const reachEnrolment = async (visitor: Visitor, login = COLLEAGUE.login) => {
  const choice = await passPassword(visitor, login)
  const proving = await visitor.page(
    (/href="([^"]*then=totp[^"]*)"/.exec(choice.body)?.[1] ?? '').replaceAll('&amp;', '&'),
  )
  assert.match(proving.body, /D'abord, un code par e-mail|D&#39;abord, un code par e-mail/)
  const asked = await press(visitor, proving.body, CHOICE, { offer: 'email-code.registered', then: 'totp' })
  assert.match(asked.next.body, /Saisie du code/)
  return press(visitor, asked.next.body, CODE, { code: await mailedCode(use.gate) })
}

describe('somebody associates an application and signs in with it', () => {
  it('walks the journey of the guide of ONCOPL, from the choice to the page that was asked for', async () => {
    const { answer, next: enrolment } = await reachEnrolment(use.visitor, PERSON.login)
    assert.match(answer.location ?? '', new RegExp(`^${APPLICATION}\\?to=`))
    assert.match(enrolment.body, /src="data:image\/svg\+xml;base64,/)
    const secret = secretOn(enrolment.body)
    const added = await press(use.visitor, enrolment.body, APPLICATION, { code: codeNow(secret), label: 'Téléphone' })
    assert.equal(added.answer.status, 200)
    assert.match(added.answer.body, /Votre application est associée/)
    assert.match(added.answer.body, /href="\/dcc\/ui\/page\?x=1"/)

    use.clock.advance('5m')
    use.visitor.cookies.delete(SESSION_COOKIE)
    const choice = await passPassword(use.visitor, PERSON.login)
    const offer = /value="(totp\.[^"]+)"/.exec(choice.body)?.[1] ?? assert.fail('the application is not offered')
    assert.match(choice.body, /Téléphone/)
    const question = await press(use.visitor, choice.body, CHOICE, { offer, remember: 'yes' })
    assert.match(question.next.body, /Le code change toutes les 30 secondes/)
    const wrong = await press(use.visitor, question.next.body, CODE, { code: '12' })
    assert.equal(wrong.answer.status, 400)
    const done = await press(use.visitor, question.next.body, CODE, { code: codeNow(secret) })
    assert.equal(done.answer.location, '/dcc/ui/page?x=1')
    assert.equal((await use.visitor.page('/dcc/')).status, 200)

    use.clock.advance('5m')
    use.visitor.cookies.delete(SESSION_COOKIE)
    const remembered = await passPassword(use.visitor, PERSON.login)
    assert.match(remembered.body, /Le code change toutes les 30 secondes/)
    assert.match(remembered.body, new RegExp(`href="${CHOICE}`))
  })

  it('T-19, C-14: nothing is associated without a fresh proof: not by an old session, nor a stranger, nor half a sign-in', async () => {
    const stranger = await use.visitor.page(APPLICATION)
    assert.equal(stranger.status, 303)
    assert.match(stranger.location ?? '', /\/sign-in\?to=/)
    await passPassword(use.visitor, COLLEAGUE.login)
    assert.equal((await use.visitor.page(APPLICATION)).status, 303)

    const { next: enrolment } = await reachEnrolment(use.visitor)
    const secret = secretOn(enrolment.body)
    use.clock.advance('11m')
    const late = await press(use.visitor, enrolment.body, APPLICATION, { code: codeNow(secret), label: '' })
    assert.equal(late.answer.status, 303)
    assert.match(late.answer.location ?? '', /why=fresh/)
    assert.match(late.next.body, /connectez-vous à nouveau/)
    assert.match(late.next.body, /name="password"/)
  })

  it('C-16: a form of another site enrols nothing', async () => {
    const { next: enrolment } = await reachEnrolment(use.visitor)
    const secret = secretOn(enrolment.body)
    const fields = { ...hiddenFields(enrolment.body, APPLICATION), code: codeNow(secret), csrf: 'x' }
    // A token that is not ours: the page starts again, and nothing was done.
    assert.equal((await use.visitor.ask(APPLICATION, { form: fields })).status, 303)
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example.test' }
    const form = { ...hiddenFields(enrolment.body, APPLICATION), code: codeNow(secret) }
    assert.equal((await use.visitor.ask(APPLICATION, { form, headers })).status, 403)
  })

  it('R24: the page says by how much the telephone is wrong', async () => {
    const { next: enrolment } = await reachEnrolment(use.visitor)
    const secret = secretOn(enrolment.body)
    const code = generateSync({ secret, epoch: Math.floor(use.clock.now() / 1_000) - 180 })
    const { answer } = await press(use.visitor, enrolment.body, APPLICATION, { code, label: '' })
    assert.match(answer.body.replaceAll('&#39;', "'"), /retarde d'environ 3 minutes/)
  })
})
