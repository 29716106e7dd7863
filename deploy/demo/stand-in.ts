import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAssertionVerifier, type KeySource, type Visitor, type VerifyAssertion } from './assertion.ts'
import type { Call } from './call.ts'
import { createJavaSessions, type JavaSession, type JavaSessions } from './jsession.ts'
import { createNotes } from './notes.ts'
import { errorReply, write, type Handler, type Reply } from './reply.ts'
import { createRoutes } from './routes.ts'
import { servletPath } from './servlet-path.ts'
import {
  createSignatureVerifier,
  type SignatureExpectations,
  type SignatureVerdict,
  type VerifySignature,
} from './signature.ts'
import { createStaticFiles } from './static-files.ts'
import { acceptWebSocket, refuseUpgrade } from './websocket.ts'

export interface StandInOptions {
  /** Default 0: any free one. It listens on the loopback address only. */
  readonly port?: number
  /** Address of the gate's `jwks.json`, or its key set; asked at every request, so the gate may start later. */
  readonly jwks: KeySource
  /** The public origin of the site (`iss`); asked at every request. */
  readonly issuer: () => string
  readonly audience: string
  /** What the signature over each request has to be; without it none is asked for. */
  readonly signature?: SignatureExpectations
  /**
   * Whether requests without a good assertion get 403, as a filter before a real application would answer (H-17); default
   * true. With false the pages are shown to everybody, under a red « identité non vérifiée ».
   */
  readonly refuseUnverified?: boolean
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number
}

/** The stand-in for the real application (WebDCR), listening. */
export interface StandIn {
  /** `http://127.0.0.1:PORT`; the application lives under `/dcc/`. */
  readonly url: string
  /** Ends every connection, WebSockets with « going away ». */
  close(): Promise<void>
}

interface Parts {
  readonly verify: VerifyAssertion
  readonly verifySignature: VerifySignature | null
  readonly sessions: JavaSessions
  readonly routes: ReadonlyMap<string, Handler>
  readonly serveStatic: (call: Call) => Reply
  readonly refuseUnverified: boolean
  readonly now: () => number
  readonly origin: () => string
}

const SERVER_OPTIONS: ServerOptions = {
  // As long as Tomcat keeps an idle connection.
  keepAliveTimeout: 20_000,
  // Any other offer to upgrade (h2c) is passed over and the request served as it is, as Tomcat does.
  shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
}
const ASSERTION = 'x-portillon-assertion'
const NOBODY: Visitor = { verified: false, reason: 'pas encore examinée' }
const NO_SESSION: JavaSession = { id: '', isNew: false, recent: [] }

/** The signature first: who the assertion speaks of is asked only where it came with this request. */
const verifyRequest = async (
  parts: Parts,
  request: IncomingMessage,
): Promise<{ readonly visitor: Visitor; readonly signature: SignatureVerdict | null }> => {
  const signature = parts.verifySignature?.(request) ?? null
  if (signature?.verified === false) return { visitor: signature, signature }
  const header = request.headers[ASSERTION]
  return { visitor: await parts.verify(typeof header === 'string' ? header : header?.join(', ')), signature }
}

const splitUrl = (rawUrl: string): { rawPath: string; query: string } => {
  const mark = rawUrl.indexOf('?')
  return mark === -1
    ? { rawPath: rawUrl, query: '' }
    : { rawPath: rawUrl.slice(0, mark), query: rawUrl.slice(mark + 1) }
}

const arrive = (parts: Parts, request: IncomingMessage): Call => {
  const rawUrl = request.url ?? '/'
  const { rawPath, query } = splitUrl(rawUrl)
  return {
    request,
    method: request.method ?? 'GET',
    path: servletPath(rawPath) ?? '',
    rawUrl,
    query: new URLSearchParams(query),
    visitor: NOBODY,
    signature: null,
    session: NO_SESSION,
    origin: parts.origin(),
    now: parts.now(),
  }
}

const answer = async (parts: Parts, request: IncomingMessage): Promise<Reply> => {
  const arrived = arrive(parts, request)
  if (arrived.path === '') return errorReply(arrived, 400, 'Adresse incorrecte')
  if (arrived.path.startsWith('/dcc/static/')) return parts.serveStatic(arrived)
  const { visitor, signature } = await verifyRequest(parts, request)
  if (!visitor.verified && parts.refuseUnverified) {
    return errorReply({ ...arrived, visitor }, 403, 'Accès direct interdit : passez par la passerelle')
  }
  const call = { ...arrived, visitor, signature, session: parts.sessions.of(request) }
  const reply = (await parts.routes.get(call.path)?.(call)) ?? errorReply(call, 404, call.path)
  if (!call.session.isNew) return reply
  return { ...reply, headers: { 'Set-Cookie': `JSESSIONID=${call.session.id}; Path=/dcc; HttpOnly`, ...reply.headers } }
}

const serve = async (parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  response.setHeader('Server', 'Apache-Coyote/1.1')
  await write(response, request.method ?? 'GET', await answer(parts, request))
}

/** A request that goes wrong ends alone: 500 when that can still be said, a cut connection otherwise. */
const onFailure = (response: ServerResponse): void => {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(500, { 'Content-Type': 'text/plain' })
  response.end('Etat HTTP 500')
}

const acceptUpgrades = (server: Server, parts: Parts, open: Set<() => void>): void => {
  const answerUpgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const { visitor } = await verifyRequest(parts, request)
    if (!visitor.verified && parts.refuseUnverified) {
      refuseUpgrade(socket, 403, 'Forbidden')
      return
    }
    if (arrive(parts, request).path !== '/dcc/ws') {
      refuseUpgrade(socket, 404, 'Not Found')
      return
    }
    const close = acceptWebSocket(request, socket, head)
    if (close === undefined) return
    open.add(close)
    socket.once('close', () => open.delete(close))
  }
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    answerUpgrade(request, socket, head).catch(() => socket.destroy())
  })
}

const listen = (server: Server, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })

/**
 * Starts an application that behaves like the real one as far as a gate can tell: servlet sessions, absolute redirects to
 * its own port, GWT-RPC, uploads, downloads, server-sent events, a WebSocket. For the demo and the tests; nothing in it is
 * a person's data.
 */
export const startStandIn = async (options: StandInOptions): Promise<StandIn> => {
  const now = options.now ?? Date.now
  const startedAt = now()
  const sessions = createJavaSessions()
  const open = new Set<() => void>()
  let served = 0
  let origin = ''
  const parts: Parts = {
    verify: createAssertionVerifier({ ...options, now }),
    verifySignature: options.signature === undefined ? null : createSignatureVerifier(options.signature, now),
    sessions,
    routes: createRoutes({
      notes: createNotes(),
      state: () => ({ startedAt, served, sessions: sessions.size, sockets: open.size }),
      endSession: sessions.end,
    }),
    serveStatic: createStaticFiles(),
    refuseUnverified: options.refuseUnverified ?? true,
    now,
    origin: () => origin,
  }
  const server = createServer(SERVER_OPTIONS, (request, response) => {
    served += 1
    serve(parts, request, response).catch(() => onFailure(response))
  })
  acceptUpgrades(server, parts, open)
  origin = await listen(server, options.port ?? 0)
  return {
    url: origin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        open.forEach((close) => close())
        server.closeAllConnections()
      }),
  }
}
