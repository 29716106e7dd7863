import assert from 'node:assert/strict'
import type { OutgoingHttpHeaders } from 'node:http'
import { GATE_PASSWORD, PERSON, type Gate } from './gate.ts'
import { hiddenFields, mailedCode, PREFIX, type Answer, type Visitor } from './visitor.ts'

/** The page of the application that the form is on, and where it is sent. */
export const PAGE = '/dcc/ui/patient.jsp?id=1024&onglet=rcp'
export const ACTION = '/dcc/ui/rcp-note.jsp?base=1&q=a+b%20c'
export const NOTE = 'patient=1024&note=Douleur+thoracique%2C+avis+demand%C3%A9'
export const URLENCODED = 'application/x-www-form-urlencoded'

export interface Sent {
  readonly path?: string
  readonly type?: string
  readonly body?: string | Buffer
  readonly headers?: OutgoingHttpHeaders
}

/** What a browser says when a person sends a form of that page. */
export const asForm = (origin: string, type: string): OutgoingHttpHeaders => ({
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'content-type': type,
  origin,
  referer: `${origin}${PAGE}`,
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
})

/** Sends a form of the application as a browser does. A header given as undefined is not sent. */
export const sendForm = (gate: Gate, visitor: Visitor, { path, type, body, headers }: Sent = {}): Promise<Answer> => {
  const all = { ...asForm(gate.origin, type ?? URLENCODED), ...headers }
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return visitor.ask(path ?? ACTION, { method: 'POST', body: body ?? NOTE, headers: given })
}

/** The word by which the sign-in page says what became of a form. */
export const reasonOf = ({ location = '' }: Answer): string | null =>
  new URL(location, 'https://x.invalid').searchParams.get('why')

/** Goes from a link to the sign-in page through the whole sign-in; gives where it leads. */
export const signInFrom = async (
  gate: Gate,
  visitor: Visitor,
  link: string | undefined,
  { login = PERSON.login, way = 'mailed-code' } = {},
): Promise<string> => {
  const page = await visitor.page(link ?? assert.fail('no link to the sign-in'))
  assert.equal(page.status, 200, page.body)
  const mails = gate.mails().length
  const fields = hiddenFields(page.body, `${PREFIX}/sign-in`)
  const accepted = await visitor.ask(`${PREFIX}/sign-in`, { form: { ...fields, login, password: GATE_PASSWORD, way } })
  assert.equal(accepted.status, 303, accepted.body)
  const codePage = await visitor.page(accepted.location ?? '')
  while (gate.mails().length === mails) await new Promise((resolve) => setImmediate(resolve))
  const form = { ...hiddenFields(codePage.body, `${PREFIX}/sign-in/code`), code: await mailedCode(gate) }
  const answer = await visitor.ask(`${PREFIX}/sign-in/code`, { form })
  assert.equal(answer.status, 303, answer.body)
  return answer.location ?? ''
}

/** The handle in the address of the page that offers a form. */
export const handleIn = (address: string): string =>
  new URL(address, 'https://x.invalid').searchParams.get('form') ?? assert.fail(`no form in ${address}`)

/** Presses a button of the page that offers a form. The page is asked for anew unless its text is given. */
export const press = async (
  gate: Gate,
  visitor: Visitor,
  address: string,
  button: 'send' | 'drop' = 'send',
  body?: string,
): Promise<Answer> => {
  const action = button === 'send' ? `${PREFIX}/kept-form` : `${PREFIX}/kept-form/drop`
  const form = hiddenFields(body ?? (await visitor.page(address)).body, action)
  return visitor.ask(action, { form, headers: { referer: `${gate.origin}${address}` } })
}

/** Follows « Envoyer à nouveau » as a browser follows 307: the same request once more, at the other address. */
export const follow = (
  gate: Gate,
  visitor: Visitor,
  address: string,
  pressed: Answer,
  headers: OutgoingHttpHeaders = {},
): Promise<Answer> => {
  assert.equal(pressed.status, 307, pressed.body)
  return visitor.ask(pressed.location ?? '', {
    form: { csrf: 'of-the-gate', form: handleIn(address) },
    headers: { accept: 'text/html', referer: `${gate.origin}${address}`, ...headers },
  })
}

/** Presses « Envoyer à nouveau » and goes where it leads; gives the answer of the application. */
export const sendAgain = async (gate: Gate, visitor: Visitor, address: string): Promise<Answer> =>
  follow(gate, visitor, address, await press(gate, visitor, address))
