import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '../lib/errors.ts'
import { answerUnreadable, lastAnswerOn } from './unreadable.ts'

/** What the listener hands to the data path. */
export interface Arrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly upgradeHead: Buffer | null
  readonly reference: string
}

export interface ListenerParts {
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null
  readonly onRequest: (arrival: Arrival) => void
  readonly onUpgrade: (arrival: Arrival) => void
  /** What could not be read as a request; `detail` is the parser's own code. */
  readonly onUnreadable: (arrival: Arrival, code: ErrorCode, detail: string | undefined) => void
  readonly nextReference: () => string
}

const LIMITS = {
  /** Start line and header section together, bytes; beyond it 431 (F-22). */
  maxHeaderSize: 32_768,
  /** A header section that is not complete by then is no browser's (L-01). */
  headersTimeout: 20_000,
  /** The longest upload; slow ones are real, endless ones are not. */
  requestTimeout: 3_600_000,
  /** Longer than the idle pools of usual fronts (60 s), so that we never close under their request (L-07). */
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 5_000,
} as const

const isWebSocket = (request: IncomingMessage): boolean =>
  request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket'

/** A refusal of a handshake is an ordinary answer; nobody else listens for errors of its socket from then on. */
const answerTo = (request: IncomingMessage): ServerResponse => {
  const { socket } = request
  socket.on('error', () => socket.destroy())
  return lastAnswerOn(socket, request)
}

/**
 * Where visitors arrive, over TLS or over plain HTTP behind a front.
 * - every header counts: the parser's silent cut after 2,000 fields is off, the size limit holds instead (H-07, F-02)
 * - only a WebSocket is an upgrade; any other offer, h2c included, is an ordinary request (F-18)
 * - a method or an expectation that is not ours (CONNECT, `Expect: x`) is judged like any other, not by Node (F-15, F-11)
 * - what cannot be parsed gets a readable page and the connection ends
 */
export const createVisitorListener = (parts: ListenerParts): Server => {
  const arrival = (request: IncomingMessage, response: ServerResponse, upgradeHead: Buffer | null = null): Arrival => ({
    request,
    response,
    upgradeHead,
    reference: parts.nextReference(),
  })
  const onRequest: RequestListener = (request, response) => parts.onRequest(arrival(request, response))
  const options = {
    ...LIMITS,
    requireHostHeader: false,
    joinDuplicateHeaders: false,
    insecureHTTPParser: false,
    shouldUpgradeCallback: isWebSocket,
  }
  const server =
    parts.tls === null
      ? createHttpServer(options, onRequest)
      : createHttpsServer({ ...options, ...parts.tls, minVersion: 'TLSv1.2', honorCipherOrder: true }, onRequest)
  server.maxHeadersCount = 0
  server.on('checkExpectation', onRequest)
  server.on('connect', (request) => parts.onRequest(arrival(request, answerTo(request))))
  server.on('upgrade', (request, _socket, head) => parts.onUpgrade(arrival(request, answerTo(request), head)))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    answerUnreadable(error, socket, ({ request, response }, code, detail) => {
      parts.onUnreadable(arrival(request, response), code, detail)
    })
  })
  return server
}
