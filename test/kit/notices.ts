import assert from 'node:assert/strict'
import { generateSync } from 'otplib'
import type { Clock } from '../../src/lib/clock.ts'
import { GATE_PASSWORD, PERSON, type Gate } from './gate.ts'
import { createVisitor, hiddenFields, mailedCode, openSignIn, PREFIX, type Answer, type Visitor } from './visitor.ts'

export const NOT_ME = `${PREFIX}/not-me`
export const APPLICATION = `${PREFIX}/account/application`
export const CODE = `${PREFIX}/sign-in/code`

/** The address in a notice, without the origin, which is checked. */
export const notMeLinkIn = ({ text }: { readonly text?: string | undefined }, origin: string): string => {
  const [link = ''] = /^https?:\/\/\S+\?link=\S+$/m.exec(text ?? '') ?? []
  assert.ok(link.startsWith(`${origin}${NOT_ME}?link=`), text)
  return link.slice(origin.length)
}

/** Follows the link to its page; gives the page and, while the link can be used, the form's hidden fields. */
export const openNotMe = async (visitor: Visitor, link: string) => {
  const opened = await visitor.page(link)
  assert.equal(opened.status, 303)
  assert.equal(opened.location, NOT_ME)
  const page = await visitor.page(NOT_ME)
  return { opened, page, fields: page.status === 200 ? hiddenFields(page.body, NOT_ME) : {} }
}

/** « Ce n'était pas moi », in a browser of its own. */
export const disown = async (gate: Gate, link: string, visitor = createVisitor(gate)): Promise<Answer> => {
  const { fields } = await openNotMe(visitor, link)
  return visitor.ask(NOT_ME, { form: fields })
}

export const secretOn = (page: string): string =>
  (/class="key">([A-Z2-7 ]+)</.exec(page)?.[1] ?? assert.fail('no key on the page')).replaceAll(' ', '')

export const codeOf = (secret: string, clock: Clock): string =>
  generateSync({ secret, epoch: Math.floor(clock.now() / 1_000) })

/** Somebody signed in a short while ago associates an application. @returns its secret */
export const addApplication = async (visitor: Visitor, clock: Clock, label = 'Téléphone'): Promise<string> => {
  const page = await visitor.page(APPLICATION)
  assert.equal(page.status, 200, page.location)
  const secret = secretOn(page.body)
  const form = { ...hiddenFields(page.body, APPLICATION), code: codeOf(secret, clock), label }
  assert.equal((await visitor.ask(APPLICATION, { form })).status, 200)
  return secret
}

export const ADDRESS = `${PREFIX}/account/address`

/** Somebody signed in a short while ago adds an address and confirms it. */
export const addAddress = async (gate: Gate, visitor: Visitor, email: string): Promise<void> => {
  const form = await visitor.page(ADDRESS)
  assert.equal((await visitor.ask(ADDRESS, { form: { ...hiddenFields(form.body, ADDRESS), email } })).status, 303)
  const waiting = await visitor.page(ADDRESS)
  const code = await mailedCode(gate)
  const added = await visitor.ask(ADDRESS, { form: { ...hiddenFields(waiting.body, ADDRESS), code } })
  assert.equal(added.status, 303, added.body)
}

/** Identifier and password; where they lead to. */
export const passPassword = async (
  visitor: Visitor,
  { path = '/dcc/', login = PERSON.login, password = GATE_PASSWORD } = {},
): Promise<Answer> => {
  const fields = await openSignIn(visitor, path)
  return visitor.ask(`${PREFIX}/sign-in`, { form: { ...fields, login, password } })
}

const CHOICE = `${PREFIX}/sign-in/choice`

/** As far as the page for the code mailed to the registered address, past the choice where there is one. */
export const reachMailedCode = async (visitor: Visitor, given: Parameters<typeof passPassword>[1] = {}) => {
  const first = await passPassword(visitor, given)
  assert.equal(first.status, 303, first.body)
  let page = await visitor.page(first.location ?? '')
  if (first.location?.startsWith(CHOICE) === true) {
    const form = { ...hiddenFields(page.body, CHOICE), offer: 'email-code.registered' }
    page = await visitor.page((await visitor.ask(CHOICE, { form })).location ?? '')
  }
  return { page, fields: hiddenFields(page.body, CODE) }
}

/** The whole sign-in by mailed code; the answer that sends the person on. */
export const enterByMail = async (
  gate: Gate,
  visitor: Visitor,
  given: Parameters<typeof passPassword>[1] = {},
): Promise<Answer> => {
  const { fields } = await reachMailedCode(visitor, given)
  const landed = await visitor.ask(CODE, { form: { ...fields, code: await mailedCode(gate) } })
  assert.equal(landed.status, 303, landed.body)
  return landed
}

/** An offer of the choice page; the page that asks for it. */
export const choose = async (visitor: Visitor, body: string, offer: string): Promise<Answer> => {
  const asked = await visitor.ask(CHOICE, { form: { ...hiddenFields(body, CHOICE), offer } })
  assert.equal(asked.status, 303, asked.body)
  return visitor.page(asked.location ?? '')
}

/** The offer of an application on the choice page. */
export const applicationOffer = (body: string): string =>
  /value="(totp\.[^"]+)"/.exec(body)?.[1] ?? assert.fail('no application is offered')
