import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createViews, type Views } from '../../src/portal/views.ts'
import { LANGUAGES, type Language } from '../../src/render/messages.ts'
import { createRenderer } from '../../src/render/renderer.ts'
import type { Mail } from '../../src/mail/mail.ts'
import { codeMail, noticeMail, resetLinkMail } from '../../src/mail/messages.ts'
import { DISOWNABLE_KINDS } from '../../src/notices/notice.ts'
import { codeMailModel, noticeMailModel, resetLinkMailModel } from './mail-example.ts'
import { pageStates, sites, type PageState } from './page-states.ts'

/** What the page's question about other tabs is answered with, and what it was asked. */
export interface SessionAnswer {
  body: object
  readonly asked: URL[]
}

export interface Preview {
  readonly url: string
  readonly session: SessionAnswer
  /** Method, path and fields of the forms that were sent. */
  readonly sent: { readonly path: string; readonly fields: URLSearchParams }[]
  close(): Promise<void>
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

const htmlOf = (views: Views, state: PageState, language: Language): string =>
  views.render({ site: state.site, language }, state.page, state.model)

const ENVELOPE = { from: 'a@example.test', to: 'b@example.test' }

/** What commands of operators tell. */
const BY_SUPPORT = ['factor-added', 'factor-removed', 'password-changed', 'address-changed'] as const

/** The mails, by name; each is looked at as `mail-<name>.html` and `.text`. */
const mails: ReadonlyMap<string, (language: Language) => Mail> = new Map([
  ['mail-code', (language: Language) => codeMail(createRenderer(), codeMailModel(language), ENVELOPE)],
  ['mail-reset-link', (language: Language) => resetLinkMail(createRenderer(), resetLinkMailModel(language), ENVELOPE)],
  ...DISOWNABLE_KINDS.map(
    (kind) =>
      [
        `mail-${kind}`,
        (language: Language) => noticeMail(createRenderer(), noticeMailModel(language, kind), ENVELOPE),
      ] as const,
  ),
  ...BY_SUPPORT.map(
    (kind) =>
      [
        `mail-${kind}-by-support`,
        (language: Language) => noticeMail(createRenderer(), noticeMailModel(language, kind, 'support'), ENVELOPE),
      ] as const,
  ),
])
const mailOf = (id: string): string => id.replace(/\.(?:html|text)$/, '')

const index = (): string =>
  pageStates
    .map(
      ({ id }) => `<li>${id}: ${LANGUAGES.map((language) => `<a href="/${language}/${id}">${language}</a>`).join(' ')}`,
    )
    .join('\n')

/**
 * Serves every page in every state, under the real Content-Security-Policy, at `/<language>/<state>`, and the mails at
 * `/<language>/mail-code.html` and `.text`, and so on. Run by itself, it stays for a person to look: `node test/browser/preview.ts`.
 */
export const startPreview = async (): Promise<Preview> => {
  const views = createViews({ sites })
  const states = new Map(pageStates.map((state) => [state.id, state]))
  const session: SessionAnswer = { body: { signedIn: false }, asked: [] }
  const sent: Preview['sent'] = []

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://preview.test')
    const [, language = '', id = ''] = url.pathname.split('/')
    const { prefix, asset } = /^(?<prefix>\/[^/]+)\/assets\/(?<asset>[^/]+)$/.exec(url.pathname)?.groups ?? {}
    if (request.method === 'POST') sent.push({ path: url.pathname, fields: new URLSearchParams(await bodyOf(request)) })

    const page = states.get(id)
    if (asset !== undefined) {
      const owner = sites.find((site) => site.prefix === prefix) ?? null
      const file = views.assets(owner).get(asset, url.searchParams.get('v') ?? undefined)
      response.writeHead(file === undefined ? 404 : 200, { 'content-type': file?.type ?? 'text/plain' }).end(file?.body)
    } else if (url.pathname === '/_portillon/session') {
      session.asked.push(url)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(session.body))
    } else if (page !== undefined && (language === 'fr' || language === 'en')) {
      response.setHeader('content-security-policy', views.contentSecurityPolicy(page.site))
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(htmlOf(views, page, language))
    } else if (mails.has(mailOf(id)) && (language === 'fr' || language === 'en')) {
      const mail = mails.get(mailOf(id))?.(language)
      response.setHeader('content-type', `${id.endsWith('.html') ? 'text/html' : 'text/plain'}; charset=utf-8`)
      response.end(id.endsWith('.html') ? mail?.html : mail?.text)
    } else {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(`<!doctype html><html lang="en"><title>Pages</title><main><h1>Pages</h1><ul>${index()}</ul></main>`)
    }
  }

  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    session,
    sent,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

if (import.meta.main) {
  const { url } = await startPreview()
  process.stdout.write(`${url}\n`)
}
