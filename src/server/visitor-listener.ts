import { createServer as createHttpServer, ServerResponse, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { answerUnreadable, type UnreadablePage } from './unreadable.ts'

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
  readonly nextReference: () => string
  readonly unreadablePage: UnreadablePage
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

const onUpgradeOf =
  ({ onUpgrade, nextReference }: ListenerParts) =>
  (request: IncomingMessage, _duplex: Duplex, head: Buffer): void => {
    const { socket } = request
    // A refusal of a handshake is an ordinary answer; nobody else listens for errors of this socket from here on.
    socket.on('error', () => socket.destroy())
    const response = new ServerResponse(request)
    response.assignSocket(socket)
    response.on('finish', () => socket.destroySoon())
    onUpgrade({ request, response, upgradeHead: head, reference: nextReference() })
  }

/**
 * Where visitors arrive, over TLS or over plain HTTP behind a front.
 * - every header counts: the parser's silent cut after 2,000 fields is off, the size limit holds instead (H-07, F-02)
 * - only a WebSocket is an upgrade; any other offer, h2c included, is an ordinary request (F-18)
 * - what cannot be parsed gets a readable page and the connection ends
 */
export const createVisitorListener = (parts: ListenerParts): Server => {
  const onRequest: RequestListener = (request, response) => {
    parts.onRequest({ request, response, upgradeHead: null, reference: parts.nextReference() })
  }
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
  server.on('upgrade', onUpgradeOf(parts))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    answerUnreadable(error, socket, parts.unreadablePage)
  })
  return server
}
