import { constants } from 'node:crypto'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext } from 'node:tls'
import type { ErrorCode } from '../lib/errors.ts'
import { answerUnderWay } from './answer-under-way.ts'
import { createConnections, type Connections } from './connections.ts'
import { drain, type Cut, type DrainOptions, type WebSockets } from './draining.ts'
import { continueWhenRead } from './expectation.ts'
import { createInTurns } from './in-turns.ts'
import { limitHandshakes } from './handshakes.ts'
import { listenAt, type Entrance } from './listen.ts'
import { answerUnreadable, lastAnswerOn } from './unreadable.ts'

/** What the listener hands to the data path. */
export interface Arrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly upgradeHead: Buffer | null
  readonly reference: string
}

export interface TlsFiles {
  /** Certificate chain and key, PEM. */
  readonly cert: Buffer
  readonly key: Buffer
  /**
   * What session tickets are encrypted with (48 bytes), the same for all workers: a visitor who comes back may meet another
   * one. Left out: every process has its own.
   */
  readonly ticketKeys?: Buffer | undefined
  /** Clients are asked for a certificate. */
  readonly asks?: AskedCertificate | undefined
}

/** How clients of a listener are asked for a certificate. Such a listener never takes up a session of before (K-11). */
export interface AskedCertificate {
  /** Certificates of authorities (PEM), which the client is told: browsers offer only what one of them has issued. */
  readonly authorities: readonly string[]
  /** No handshake without one of these authorities; otherwise any handshake, and what was shown is judged afterwards. */
  readonly required: boolean
}

/** What visitors may take of a listener: bytes and milliseconds. */
export interface ListenerLimits {
  /** Start line and header section together, bytes; beyond it 431 (F-22). */
  readonly maxHeaderSize: number
  /** Until a header section must be complete (L-01). */
  readonly headersTimeout: number
  /** Until a whole request must be. */
  readonly requestTimeout: number
  /** How long a connection is kept on which nothing is asked. */
  readonly keepAliveTimeout: number
  /** How long a visitor may take nothing of an answer of the gate's own (L-01). */
  readonly readTimeout: number
  /** How often these times are looked at. */
  readonly connectionsCheckingInterval: number
  /** Until a TLS handshake must be complete (L-01). */
  readonly handshakeTimeout: number
}

export interface ListenerParts {
  readonly tls: TlsFiles | null
  /** In place of some of the usual ones. */
  readonly limits?: Partial<ListenerLimits> | undefined
  readonly onRequest: (arrival: Arrival) => void
  readonly onUpgrade: (arrival: Arrival) => void
  /** What could not be read as a request; `detail` says why, in our word and the parser's. */
  readonly onUnreadable: (arrival: Arrival, code: ErrorCode, detail: string | undefined) => void
  readonly nextReference: () => string
  readonly webSockets: WebSockets
}

export interface VisitorListener {
  /** @throws when the address is taken or not ours @returns the port */
  listen(entrance: Entrance): Promise<number>
  /**
   * Looks at a new certificate. Once the returned function is called, connections get it; those that stand keep theirs.
   * @throws when it cannot be used
   */
  prepareTls(tls: TlsFiles | null): () => void
  /** Every answer from now on is the last one of its connection: visitors go over to other nodes while this one still serves. */
  retire(): void
  drain(options: DrainOptions): Promise<Cut>
}

export const USUAL_LIMITS: ListenerLimits = {
  maxHeaderSize: 32_768,
  /** What takes longer is no browser. */
  headersTimeout: 20_000,
  /** The longest upload; slow ones are real, endless ones are not. */
  requestTimeout: 3_600_000,
  /** Longer than the idle pools of usual fronts (60 s), so that we never close under their request (L-07). */
  keepAliveTimeout: 75_000,
  readTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
  /** A process that ends waits for it. */
  handshakeTimeout: 10_000,
}

/** A session that is taken up again brings the certificate of before along, whatever is in the reader now (K-11). */
const askedOf = ({ authorities, required }: AskedCertificate) => ({
  requestCert: true,
  rejectUnauthorized: required,
  ca: [...authorities],
  secureOptions: constants.SSL_OP_NO_TICKET,
})

const secure = ({ asks, ...tls }: TlsFiles) =>
  ({ ...tls, ...(asks && askedOf(asks)), minVersion: 'TLSv1.2', honorCipherOrder: true }) as const

/** Node's code for a request that did not come in time. */
const TOO_SLOW = 'ERR_HTTP_REQUEST_TIMEOUT'

const isWebSocket = (request: IncomingMessage): boolean =>
  request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket'

/**
 * The answer to what Node takes out of HTTP: a refusal of a handshake is an ordinary answer. Nobody else listens for errors
 * of its socket from then on. Node announces it at once, even behind a request that is not yet answered, which no browser
 * does: that one still gets its answer, then the connection ends, and there is none to give here (null).
 */
const answerTo = (request: IncomingMessage): ServerResponse | null => {
  const { socket } = request
  socket.on('error', () => socket.destroy())
  // It stood behind a request whose answer has ended the connection.
  if (!socket.writable) return null
  const busy = answerUnderWay(socket)
  if (busy === null) return lastAnswerOn(socket, request)
  busy.once('finish', () => socket.destroySoon())
  return null
}

/** Every connection as the network knows it, for the moment when what is left is broken off. */
const followSockets = (server: Server): ReadonlySet<Socket> => {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

/**
 * Whether a request is taken out of HTTP. Of one that is not, Node throws away what came behind it in the same packet: the
 * connection ends with its answer, or what is left of the next request would be read as the beginning of one.
 */
const createUpgrading = () => {
  const declined = new WeakSet<IncomingMessage>()
  return {
    isTaken: (request: IncomingMessage): boolean => {
      const isTaken = isWebSocket(request)
      if (!isTaken) declined.add(request)
      return isTaken
    },
    wasDeclined: (request: IncomingMessage): boolean => declined.has(request),
  }
}

type Upgrading = ReturnType<typeof createUpgrading>

const createServerFor = (tls: TlsFiles | null, limits: ListenerLimits, upgrading: Upgrading): Server => {
  const { handshakeTimeout, readTimeout: _ours, ...ofNode } = limits
  const options = {
    ...ofNode,
    requireHostHeader: false,
    joinDuplicateHeaders: false,
    insecureHTTPParser: false,
    shouldUpgradeCallback: upgrading.isTaken,
  }
  return tls === null ? createHttpServer(options) : createHttpsServer({ ...options, ...secure(tls), handshakeTimeout })
}

/** Hands what arrives to the data path. */
const serve = (server: Server, connections: Connections, upgrading: Upgrading, parts: ListenerParts): void => {
  const arrival = (request: IncomingMessage, response: ServerResponse, upgradeHead: Buffer | null = null): Arrival => ({
    request,
    response,
    upgradeHead,
    reference: parts.nextReference(),
  })
  const hear: RequestListener = (request, response) => {
    if (connections.asked(request.socket, response)) parts.onRequest(arrival(request, response))
  }
  // What is sent ahead of its turn waits for it: behind a sign-out it is nobody's (F-13, S-05).
  const onRequest: RequestListener = (request, response) => {
    if (upgrading.wasDeclined(request)) response.shouldKeepAlive = false
    if (response.socket === null) response.once('socket', () => hear(request, response))
    else hear(request, response)
  }
  server.maxHeadersCount = 0
  server.on(server instanceof HttpsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    connections.opened(socket)
  })
  server.on('request', onRequest)
  server.on('checkExpectation', onRequest)
  server.on('checkContinue', (request, response) => {
    continueWhenRead(request, response)
    connections.endsGently(request.socket)
    onRequest(request, response)
  })
  server.on('connect', (request) => {
    const response = answerTo(request)
    if (response !== null) parts.onRequest(arrival(request, response))
  })
  server.on('upgrade', (request, _socket, head) => {
    connections.left(request.socket)
    const response = answerTo(request)
    if (response !== null) parts.onUpgrade(arrival(request, response, head))
  })
  const answer = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    answerUnreadable(error, socket, ({ request, response }, code, detail) => {
      parts.onUnreadable(arrival(request, response), code, detail)
    })
  }
  const inTurns = createInTurns()
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === TOO_SLOW) inTurns(() => answer(error, socket))
    else answer(error, socket)
  })
}

/**
 * Where visitors arrive, over TLS or over plain HTTP behind a front.
 * - every header counts: the parser's silent cut after 2,000 fields is off, the size limit holds instead (H-07, F-02)
 * - only a WebSocket is an upgrade; any other offer, h2c included, is an ordinary request (F-18)
 * - a method or an expectation that is not ours (CONNECT, `Expect: x`) is judged like any other, not by Node (F-15, F-11)
 * - what cannot be parsed gets a readable page and the connection ends
 */
export const createVisitorListener = (parts: ListenerParts): VisitorListener => {
  const upgrading = createUpgrading()
  const limits = { ...USUAL_LIMITS, ...parts.limits }
  const server = createServerFor(parts.tls, limits, upgrading)
  const sockets = followSockets(server)
  const connections = createConnections()
  if (parts.tls !== null) limitHandshakes(server, limits.handshakeTimeout)
  serve(server, connections, upgrading, parts)
  const interval = limits.connectionsCheckingInterval
  const looking = setInterval(() => connections.cutStalled(limits.readTimeout / interval), interval).unref()
  server.once('close', () => clearInterval(looking))
  return {
    listen: (entrance) => listenAt(server, entrance),
    prepareTls: (tls) => {
      if (tls === null || !(server instanceof HttpsServer)) return () => undefined
      createSecureContext(secure(tls))
      return () => server.setSecureContext(secure(tls))
    },
    retire: () => connections.retire(),
    drain: (options) => drain({ server, connections, sockets, webSockets: parts.webSockets }, options),
  }
}
