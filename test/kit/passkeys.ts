import assert from 'node:assert/strict'
import { createAuthenticator, type Says, type SoftAuthenticator } from './authenticator.ts'
import { GATE_PASSWORD, PERSON, type Gate } from './gate.ts'
import { hiddenFields, mailedCode, openSignIn, PREFIX, type Answer, type Visitor } from './visitor.ts'

export const CHOICE = `${PREFIX}/sign-in/choice`
export const CODE = `${PREFIX}/sign-in/code`
export const ALONE = `${PREFIX}/sign-in/passkey`
export const NEW = `${PREFIX}/account/passkey`

/** A site on which a passkey is asked for after the password, serves alone, and can be put beside a mailed code. */
export const PASSKEY_WAYS = [
  { id: 'passkey', methods: ['password' as const, 'passkey' as const], level: 2, homologation: 'test' },
  { id: 'passkey-alone', methods: ['passkey' as const], level: 2, homologation: 'test' },
  { id: 'mailed-code', methods: ['password' as const, 'email-code' as const], homologation: 'test' },
]

const ENTITIES: Readonly<Record<string, string>> = {
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
}

/** What the page hands to the browser. */
export const optionsOn = ({ body }: Pick<Answer, 'body'>): string =>
  (/data-options="([^"]*)"/.exec(body)?.[1] ?? assert.fail(`no question for a passkey on: ${body}`)).replaceAll(
    /&(?:quot|#39|amp|lt|gt);/g,
    (entity) => ENTITIES[entity] ?? entity,
  )

/** Identifier and password; the page that they lead to. */
export const passPassword = async (visitor: Visitor, login = PERSON.login, path = '/dcc/'): Promise<Answer> => {
  const fields = await openSignIn(visitor, path)
  const answer = await visitor.ask(`${PREFIX}/sign-in`, { form: { ...fields, login, password: GATE_PASSWORD } })
  assert.equal(answer.status, 303, answer.body)
  return visitor.page(answer.location ?? '')
}

/** Sends a form of a page, as it stands there. */
export const press = (
  visitor: Visitor,
  { body }: Pick<Answer, 'body'>,
  path: string,
  fields: Readonly<Record<string, string>>,
): Promise<Answer> => visitor.ask(path, { form: { ...hiddenFields(body, path), ...fields } })

/** From the choice page through a mailed code into a session. */
export const signInByMail = async (gate: Gate, visitor: Visitor, login = PERSON.login): Promise<void> => {
  const before = gate.mails().length
  const choice = await passPassword(visitor, login)
  const asked = await press(visitor, choice, CHOICE, { offer: 'email-code.registered' })
  while (gate.mails().length === before) await new Promise((resolve) => setImmediate(resolve))
  const page = await visitor.page(asked.location ?? '')
  const done = await press(visitor, page, CODE, { code: await mailedCode(gate) })
  assert.equal(done.location, '/dcc/', done.body)
}

/** « Créer une clé d'accès », for somebody who has just signed in; the answer to the form. */
export const makePasskey = async (
  visitor: Visitor,
  authenticator: SoftAuthenticator,
  label = 'Ordinateur du cabinet',
  says: Says = {},
): Promise<Answer> => {
  const page = await visitor.page(NEW)
  assert.equal(page.status, 200, page.location)
  return press(visitor, page, NEW, { label, credential: authenticator.create(optionsOn(page), says) })
}

/** Somebody with a passkey of their own, signed in by a mailed code. */
export const withPasskey = async (
  gate: Gate,
  visitor: Visitor,
  login = PERSON.login,
  authenticator = createAuthenticator(gate.origin),
): Promise<SoftAuthenticator> => {
  await signInByMail(gate, visitor, login)
  const made = await makePasskey(visitor, authenticator)
  assert.equal(made.location, `${PREFIX}/account?done=passkey-added`, made.body)
  return authenticator
}

/** The page that asks for a passkey after the password; through the choice, where there is one. */
export const reachQuestion = async (visitor: Visitor, login = PERSON.login): Promise<Answer> => {
  const page = await passPassword(visitor, login)
  if (!page.body.includes(`action="${CHOICE}"`)) return page
  const asked = await press(visitor, page, CHOICE, { offer: 'passkey.any' })
  return visitor.page(asked.location ?? '')
}

/** The page that asks for a passkey without a login, reached by its link on the sign-in page. */
export const reachInvitation = async (visitor: Visitor, path = '/dcc/'): Promise<Answer> => {
  const challenged = await visitor.page(path)
  const page = await visitor.page(challenged.location ?? '')
  const href =
    /href="([^"]*\/sign-in\/passkey\?[^"]*)"/.exec(page.body)?.[1] ?? assert.fail('no way by a passkey alone')
  return visitor.page(href.replaceAll('&amp;', '&'))
}

/** Why passkeys were refused, as the trail tells, oldest first. */
export const refusals = (gate: Pick<Gate, 'log'>): string[] =>
  gate.log
    .filter(({ message, fields }) => message === 'audit' && fields['event'] === 'sign-in.passkey-refused')
    .map(({ fields }) => String(fields['detail']))
