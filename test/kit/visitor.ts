import assert from 'node:assert/strict'
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { answerTo, type Answer } from './answer.ts'
import { GATE_PASSWORD, PERSON, type Gate } from './gate.ts'

export type { Answer } from './answer.ts'

export interface AskOptions {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
  /** Form fields, sent as a page of ours would. */
  readonly form?: Readonly<Record<string, string>> | readonly (readonly [string, string])[]
  /** Send no cookies. */
  readonly bare?: boolean
}

/** A browser without a screen: keeps cookies, names the site's host, sends what browsers send. Follows nothing by itself. */
export interface Visitor {
  ask(path: string, options?: AskOptions): Promise<Answer>
  /** Asks for a page as a person who types an address. */
  page(path: string, headers?: OutgoingHttpHeaders): Promise<Answer>
  readonly cookies: Map<string, string>
  cookieHeader(): string
}

/** Where a gate is reached and what it calls itself. With the authority of a front's certificate, over TLS. */
export interface Doorstep extends Pick<Gate, 'host' | 'origin' | 'port'> {
  readonly ca?: string
}

const send = (gate: Doorstep, path: string, options: AskOptions, cookie: string): Promise<Answer> => {
  const body = options.form === undefined ? options.body : new URLSearchParams(asPairs(options.form)).toString()
  const headers: OutgoingHttpHeaders = {
    host: gate.host,
    ...(cookie === '' || options.bare === true ? {} : { cookie }),
    ...(options.form === undefined
      ? {}
      : {
          'content-type': 'application/x-www-form-urlencoded',
          origin: gate.origin,
          'sec-fetch-site': 'same-origin',
          'sec-fetch-mode': 'navigate',
          'sec-fetch-dest': 'document',
        }),
    ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    ...options.headers,
  }
  const method = options.method ?? (body === undefined ? 'GET' : 'POST')
  const asked = { host: '127.0.0.1', port: gate.port, path, method, headers, agent: false }
  const { ca } = gate
  const request =
    ca === undefined ? httpRequest(asked) : httpsRequest({ ...asked, ca, servername: new URL(gate.origin).hostname })
  return answerTo(request, body)
}

const asPairs = (form: NonNullable<AskOptions['form']>): [string, string][] => {
  const pairs: readonly (readonly [string, string])[] = Array.isArray(form) ? form : Object.entries(form)
  return pairs.map(([name, value]) => [name, value])
}

export const createVisitor = (gate: Doorstep): Visitor => {
  const cookies = new Map<string, string>()
  const cookieHeader = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const keep = (line: string): void => {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const at = pair.indexOf('=')
    const isGone = attributes.some((attribute) => /^max-age=0$/i.test(attribute))
    if (isGone) cookies.delete(pair.slice(0, at))
    else cookies.set(pair.slice(0, at), pair.slice(at + 1))
  }
  const ask: Visitor['ask'] = async (path, options = {}) => {
    const answer = await send(gate, path, options, cookieHeader())
    if (options.bare !== true) answer.setCookies.forEach(keep)
    return answer
  }
  return {
    ask,
    page: (path, headers = {}) =>
      ask(path, {
        headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', ...headers },
      }),
    cookies,
    cookieHeader,
  }
}

/** The hidden fields of a page's form with that action, and its login when it has one. */
export const hiddenFields = (body: string, action?: string): Record<string, string> => {
  const forms = [...body.matchAll(/<form\b(?<attributes>[^>]*)>(?<content>.*?)<\/form>/gs)]
  const form = forms.find(
    ({ groups }) => action === undefined || groups?.['attributes']?.includes(`action="${action}"`),
  )
  assert.ok(form !== undefined, 'the page has no such form')
  const inputs = (form.groups?.['content'] ?? '').matchAll(/<input\b[^>]*type="hidden"[^>]*>/g)
  return Object.fromEntries(
    [...inputs].map(([tag]) => [/name="([^"]*)"/.exec(tag)?.[1] ?? '', /value="([^"]*)"/.exec(tag)?.[1] ?? '']),
  )
}

export const PREFIX = '/_portillon'

/** Opens the sign-in page for a path and gives the page's hidden fields. */
export const openSignIn = async (visitor: Visitor, path = '/dcc/'): Promise<Record<string, string>> => {
  const challenged = await visitor.page(path)
  assert.equal(challenged.status, 302, challenged.body)
  const page = await visitor.page(challenged.location ?? '')
  assert.equal(page.status, 200)
  return hiddenFields(page.body, `${PREFIX}/sign-in`)
}

/** Posts identifier and password; the answer as it comes. */
export const giveCredentials = async (
  visitor: Visitor,
  fields: Record<string, string>,
  login = PERSON.login,
  password = GATE_PASSWORD,
): Promise<Answer> => visitor.ask(`${PREFIX}/sign-in`, { form: { ...fields, login, password, way: 'mailed-code' } })

/** The newest mailed code. */
export const mailedCode = async (gate: Gate, nth = 0): Promise<string> => {
  for (let round = 0; round < 200; round += 1) {
    const mail = gate.mails()[nth]
    const code = mail === undefined ? undefined : /(?<!\d)(\d{3})[\s\u00a0]?(\d{3})(?!\d)/.exec(mail.text)
    if (code !== undefined && code !== null) return `${code[1] ?? ''}${code[2] ?? ''}`
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error('no mail with a code arrived')
}

/** Goes as far as the code page; gives its hidden fields. */
export const reachCodePage = async (
  visitor: Visitor,
  path = '/dcc/',
  login = PERSON.login,
  password = GATE_PASSWORD,
) => {
  const accepted = await giveCredentials(visitor, await openSignIn(visitor, path), login, password)
  assert.equal(accepted.status, 303, accepted.body)
  const location = accepted.location ?? ''
  assert.match(location, /\/sign-in\/code\?attempt=/)
  const page = await visitor.page(location)
  assert.equal(page.status, 200)
  return { location, page, fields: hiddenFields(page.body, `${PREFIX}/sign-in/code`) }
}

/** The whole sign-in; gives the answer that sends the person on. */
export const signIn = async (
  gate: Gate,
  visitor: Visitor,
  path = '/dcc/',
  login = PERSON.login,
  password = GATE_PASSWORD,
): Promise<Answer> => {
  const before = gate.mails().length
  const { fields } = await reachCodePage(visitor, path, login, password)
  while (gate.mails().length === before) await new Promise((resolve) => setImmediate(resolve))
  const answer = await visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code: await mailedCode(gate) } })
  assert.equal(answer.status, 303, answer.body)
  return answer
}
