import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it } from 'node:test'
import { PERSON } from '../kit/gate.ts'
import {
  askForLink,
  FORGOT,
  followLink,
  linkIn,
  mailAfter,
  mailedLink,
  operatorOf,
  RESET,
  trailOf,
  wordsOf,
} from '../kit/passwords.ts'
import { COLLEAGUE, useGate } from '../kit/use-gate.ts'
import {
  createVisitor,
  giveCredentials,
  hiddenFields,
  openSignIn,
  PREFIX,
  signIn,
  type Answer,
} from '../kit/visitor.ts'

const CLOSED = { ...PERSON, login: 'ancien.compte', email: 'ancien@example.test' }
const MUTE = { login: 'sans.adresse', givenName: 'Sans', familyName: 'Adresse' }

const use = useGate(
  {
    password: { length: 8, classes: ['upper', 'lower', 'digit-or-special'], forgotten: 'mail' },
    'email-code': { from: 'WebDCR <WebDCR@example.test>' },
  },
  [PERSON, COLLEAGUE, CLOSED, MUTE],
)

let counter = 0
/** Another good password for each test: the people of this file keep theirs from one test to the next. */
const fresh = (): string => `Jonquille des prés n° ${(counter += 1)}`

/** Everything of an answer that anybody can see, but for what is of this request alone. */
const visible = ({ status, headers, body }: Answer) => {
  const { date: _date, ...rest } = headers
  return { status, headers: rest, body }
}

describe('guide of ONCO HDF, part 5 « Réinitialiser son mot de passe »', () => {
  it('leads through its four steps to a new password, with which one signs in as usual', async () => {
    const { visitor, gate } = use
    // Étape 1 : Cliquez sur « Mot de passe oublié »
    const signInPage = await visitor.page((await visitor.page('/dcc/')).location ?? '')
    const href = /href="([^"]*\/password\/forgot[^"]*)"/.exec(signInPage.body)?.[1]?.replaceAll('&amp;', '&')
    assert.match(signInPage.body, /Mot de passe oublié/)
    const form = await visitor.page(href ?? assert.fail('no link'))
    // Étape 2 : Saisissez votre identifiant DCC — Initiale du prénom + point + nom d'usage
    assert.match(wordsOf(form), /Initiale du prénom \+ point \+ nom d'usage/)
    // Étape 3 : Cliquez sur « Valider »
    assert.match(form.body, /<button[^>]*>Valider<\/button>/)
    const before = gate.mails().length
    const sent = await visitor.ask(FORGOT, { form: { ...hiddenFields(form.body, FORGOT), login: PERSON.login } })
    assert.equal(sent.status, 303)
    const waiting = await visitor.page(sent.location ?? '')
    assert.match(wordsOf(waiting), /jusqu'à une minute/)
    assert.match(wordsOf(waiting), /WebDCR@example\.test/)
    // Étape 4 : Ouvrez le message reçu depuis l'adresse webdcr@…
    const mail = await mailAfter(gate, before)
    assert.equal(mail.to, PERSON.email)
    const { page, fields } = await followLink(visitor, linkIn(mail, gate.origin))
    for (const rule of [
      ...['Règles de création du mot de passe', 'Au moins 8 caractères', 'Au moins 1 lettre majuscule'],
      ...['Au moins 1 lettre minuscule', 'Au moins 1 chiffre ou 1 caractère spécial'],
    ]) {
      assert.ok(wordsOf(page).includes(rule), rule)
    }
    assert.match(page.body, /autocomplete="new-password"/)
    assert.ok(page.body.includes(`value="${PERSON.login}"`), 'a password manager learns whose it is')
    const password = fresh()
    const saved = await visitor.ask(RESET, { form: { ...fields, password } })
    assert.equal(saved.location, `${PREFIX}/password/changed`)
    assert.match(wordsOf(await visitor.page(`${PREFIX}/password/changed`)), /Votre nouveau mot de passe est enregistré/)
    const accepted = await giveCredentials(visitor, await openSignIn(visitor), PERSON.login, password)
    assert.match(accepted.location ?? '', /sign-in\/code/)
  })
})

describe('asking for a link', () => {
  it('C-01: is answered alike for every identifier, and only an open account with an address is written to', async () => {
    await operatorOf(use.gate, use.clock).disable(use.gate.site.realm, CLOSED.login)
    const before = use.gate.mails().length
    const answers: ReturnType<typeof visible>[] = []
    const pages: ReturnType<typeof visible>[] = []
    for (const login of ['personne.inconnue', CLOSED.login, MUTE.login, "' or 1=1 --", '*)(uid=*', COLLEAGUE.login]) {
      const visitor = createVisitor(use.gate)
      const answer = await askForLink(visitor, login)
      answers.push(visible(answer))
      pages.push(visible(await visitor.page(answer.location ?? '')))
    }
    for (const each of answers) assert.deepEqual(each, answers[0])
    for (const each of pages) assert.deepEqual(each, pages[0])
    const mail = await mailAfter(use.gate, before)
    assert.equal(mail.to, COLLEAGUE.email)
    assert.equal(use.gate.mails().length, before + 1)
    const refused = await trailOf(use.gate, 'password.link-refused')
    const details = refused.map(({ detail, login }) => [detail, login])
    assert.ok(details.some(([detail, login]) => detail === 'unknown' && login === null))
    assert.ok(details.some(([detail, login]) => detail === 'disabled' && login === CLOSED.login))
    assert.ok(details.some(([detail, login]) => detail === 'no-address' && login === MUTE.login))
    assert.doesNotMatch(JSON.stringify(refused), /inconnue|uid|1=1/, 'nobody learns what was typed')
  })

  it('C-02: is answered before anything is looked up: no time can tell what is found', async () => {
    const { visitor, gate } = use
    const before = gate.mails().length
    const sentAtAnswer: number[] = []
    const look = () => void sentAtAnswer.push(gate.mails().length)
    const page = await visitor.page(FORGOT)
    subscribe('http.server.response.finish', look)
    try {
      await visitor.ask(FORGOT, { form: { ...hiddenFields(page.body, FORGOT), login: PERSON.login } })
    } finally {
      unsubscribe('http.server.response.finish', look)
    }
    assert.deepEqual(sentAtAnswer, [before])
    await mailAfter(gate, before)
  })

  it('T-09: writes to one account three times an hour from one place, and the page stays the same', async () => {
    const { visitor, gate } = use
    const before = gate.mails().length
    const answers = []
    for (let round = 0; round < 6; round += 1) answers.push(visible(await askForLink(visitor, PERSON.login)))
    for (const each of answers) assert.deepEqual(each, answers[0])
    await mailAfter(gate, before + 2)
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(gate.mails().length, before + 3)
    use.clock.advance('61m')
    await mailedLink(gate, visitor, PERSON.login)
  })

  it('R-08: makes the link from the configuration, whatever host the request named', async () => {
    const { visitor, gate } = use
    const before = gate.mails().length
    const page = await visitor.page(FORGOT)
    const headers = { 'x-forwarded-host': 'evil.test', forwarded: 'host=evil.test', 'x-host': 'evil.test' }
    await visitor.ask(FORGOT, { form: { ...hiddenFields(page.body, FORGOT), login: PERSON.login }, headers })
    const mail = await mailAfter(gate, before)
    assert.ok(linkIn(mail, gate.origin))
    assert.doesNotMatch(mail.text, /evil/)
  })

  it('T-10: takes one identifier and no address', async () => {
    const { visitor, gate } = use
    const page = await visitor.page(FORGOT)
    const fields = Object.entries(hiddenFields(page.body, FORGOT))
    const before = gate.mails().length
    const twice = await visitor.ask(FORGOT, { form: [...fields, ['login', PERSON.login], ['login', 'x@evil.test']] })
    assert.equal(twice.status, 400)
    const empty = await visitor.ask(FORGOT, { form: [...fields, ['login', ' ']] })
    assert.equal(empty.status, 400)
    assert.match(wordsOf(empty), /Saisissez votre identifiant/)
    await visitor.ask(FORGOT, { form: [...fields, ['login', PERSON.login], ['email', 'x@evil.test'], ['to', 'x']] })
    assert.equal((await mailAfter(gate, before)).to, PERSON.email)
  })

  it('C-16: does nothing for a form of another site', async () => {
    const { visitor, gate } = use
    const page = await visitor.page(FORGOT)
    const form = { ...hiddenFields(page.body, FORGOT), login: PERSON.login }
    const before = gate.mails().length
    const crossed = await visitor.ask(FORGOT, { form, headers: { 'sec-fetch-site': 'cross-site' } })
    assert.equal(crossed.status, 403)
    assert.equal((await visitor.ask(FORGOT, { form: { ...form, csrf: 'x' } })).status, 303)
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(gate.mails().length, before)
  })
})

describe('where the referent sets passwords', () => {
  const referent = useGate({ password: { forgotten: 'referent' } })

  it('names whom to call, and mails nothing', async () => {
    const page = await referent.visitor.page(FORGOT)
    assert.match(wordsOf(page), /Contactez l'assistance/)
    const own = hiddenFields((await referent.visitor.page(`${PREFIX}/sign-in`)).body, `${PREFIX}/sign-in`)
    const posted = await referent.visitor.ask(FORGOT, { form: { ...own, login: PERSON.login } })
    assert.equal(posted.status, 404)
    assert.equal((await referent.visitor.page(`${FORGOT}/sent`)).status, 404)
    assert.equal(referent.gate.mails().length, 0)
    await signIn(referent.gate, referent.visitor)
  })
})
