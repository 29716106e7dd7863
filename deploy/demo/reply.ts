import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Call } from './call.ts'
import { html, nothing, type Html } from './html.ts'

/** An answer as a value; `write` alone touches the response. */
export interface Reply {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  /** A stream announces its length itself or not at all. */
  readonly body: string | Buffer | Iterable<Buffer> | AsyncIterable<string>
}

export type Handler = (call: Call) => Reply | Promise<Reply>

const HTML = 'text/html;charset=UTF-8'
/** Tomcat marks what depends on a session as not to be kept. */
const PRIVATE = { 'Cache-Control': 'private', Expires: 'Thu, 01 Jan 1970 01:00:00 CET' }

export const pageReply = (page: Html, status = 200): Reply => ({
  status,
  headers: { ...PRIVATE, 'Content-Type': HTML },
  body: page.markup,
})

export const textReply = (type: string, body: string | Buffer, headers: OutgoingHttpHeaders = {}): Reply => ({
  status: 200,
  headers: { ...PRIVATE, 'Content-Type': type, ...headers },
  body,
})

export const jsonReply = (value: unknown, status = 200): Reply => ({
  status,
  headers: { ...PRIVATE, 'Content-Type': 'application/json;charset=UTF-8' },
  body: JSON.stringify(value),
})

/** As `sendRedirect` did before Servlet 6.1: absolute, with the host and port that the application knows of itself. */
export const redirectTo = (call: Call, status: 302 | 303, path: string): Reply => ({
  status,
  headers: { Location: `${call.origin}${path}` },
  body: '',
})

export const emptyReply = (status: 204 | 304, headers: OutgoingHttpHeaders = {}): Reply => ({
  status,
  headers,
  body: '',
})

export const wantsJson = (call: Call): boolean =>
  call.query.get('format') === 'json' || /^application\/json\b/.test(call.request.headers.accept ?? '')

const errorPage = (call: Call, status: number, message: string): Html => {
  const identity = call.visitor.verified
    ? nothing
    : html`<p><b>identité</b> <strong class="unverified">identité non vérifiée</strong> (${call.visitor.reason})</p>`
  return html`<!DOCTYPE html>
    <html lang="fr">
      <head>
        <meta charset="UTF-8" />
        <title>Apache Tomcat/7.0.52 - Rapport d'erreur</title>
        <link rel="stylesheet" href="/dcc/static/dcc.css" />
      </head>
      <body class="container-page">
        <h1>Etat HTTP ${status} - ${message}</h1>
        <hr />
        <p><b>type</b> Rapport d'état</p>
        <p><b>message</b> <u>${message}</u></p>
        ${identity}
        <hr />
        <h3>Apache Tomcat/7.0.52</h3>
      </body>
    </html>`
}

/** The error page that everybody who met a servlet container knows; JSON when a script asks. */
export const errorReply = (call: Call, status: number, message: string, headers: OutgoingHttpHeaders = {}): Reply => {
  const reply = wantsJson(call)
    ? jsonReply({ status, message }, status)
    : pageReply(errorPage(call, status, message), status)
  return { ...reply, headers: { ...reply.headers, ...headers } }
}

export const methodRefused = (call: Call, allowed: string): Reply =>
  errorReply(call, 405, `La méthode HTTP ${call.method} n'est pas permise pour cette adresse`, { Allow: allowed })

/** Sends a reply; to HEAD its head alone. A visitor who leaves stops the stream that was being made for them. */
export const write = async (response: ServerResponse, method: string, reply: Reply): Promise<void> => {
  const { status, headers, body } = reply
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    const isBodiless = status === 204 || status === 304
    response.writeHead(status, isBodiless ? headers : { ...headers, 'Content-Length': Buffer.byteLength(body) })
    response.end(body)
    return
  }
  response.writeHead(status, headers)
  if (method === 'HEAD') response.end()
  else await pipeline(Readable.from(body), response)
}
