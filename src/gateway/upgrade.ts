import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'
import httpProxy from 'http-proxy'
import type { Asserted, Refuse } from './exchange.ts'
import { returning } from './returning.ts'
import type { UpstreamTarget } from './site.ts'
import { upstreamFault } from './upstream-fault.ts'
import { createWebSocketEnd, type WebSocketEnd } from './websocket-end.ts'
import { watchOver } from './websocket-watch.ts'

/** http-proxy reads names in lower case and lists of values from `headers`. */
const asHeaderObject = (flat: readonly string[]): Record<string, string | string[]> => {
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>
  for (let at = 0; at < flat.length; at += 2) {
    const name = (flat[at] ?? '').toLowerCase()
    const value = flat[at + 1] ?? ''
    const known = headers[name]
    headers[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value]
  }
  return headers
}

/** What the application sees of the handshake: the judged target and the asserted headers, nothing of the original. */
const handshake = (asserted: Asserted): IncomingMessage => {
  const { request, target } = asserted.exchange
  const view = Object.create(request) as IncomingMessage
  Object.defineProperty(view, 'url', { value: target.raw })
  Object.defineProperty(view, 'headers', {
    value: {
      ...asHeaderObject([...asserted.headers, ...(asserted.signature?.() ?? [])]),
      connection: 'Upgrade',
      upgrade: 'websocket',
    },
  })
  return view
}

const detach = (response: ServerResponse): Socket | null => {
  const { socket } = response
  if (socket !== null) response.detachSocket(socket)
  return socket
}

/** The connection that http-proxy opens. Of TLS it reads the authorities here and nowhere else. */
const targetOf = ({ origin, ca }: UpstreamTarget) => {
  const { protocol, hostname, port } = new URL(origin)
  const host = hostname.replace(/^\[|\]$/g, '')
  return { protocol, host, hostname: host, port, ...(ca === undefined ? {} : { ca }) }
}

const rawOf = ({ rawHeaders }: IncomingMessage): Buffer[] => rawHeaders.map((text) => Buffer.from(text, 'latin1'))

/** An application that does not switch: its answer goes back like any other, and the connection ends with it (W-05). */
const answerInstead = ({ asserted, refuse }: Handshake, socket: Socket, answer: IncomingMessage): void => {
  const { exchange } = asserted
  const { response } = exchange
  const { statusCode: status = 502 } = answer
  const returned = returning(asserted, status, rawOf(answer))
  response.assignSocket(socket)
  if (!returned.ok) {
    answer.destroy()
    refuse(exchange, 'upstream-invalid', returned.reason)
    return
  }
  response.writeHead(status, answer.statusMessage ?? '', returned.value.headers)
  pipeline(answer, response, (error) => {
    if (error) socket.destroy()
  })
}

/** One end takes the other with it, however it ends: a socket that is destroyed sends no end down the pipe. */
const tieTogether = (one: Socket, other: Socket): void => {
  one.once('close', () => other.destroySoon())
  other.once('close', () => one.destroySoon())
}

/** A handshake on its way to the application, and how the WebSocket that comes of it will end. */
interface Handshake {
  readonly asserted: Asserted
  readonly end: WebSocketEnd
  readonly refuse: Refuse
}

/** An application that switches to something else than WebSocket opens nothing (F-18). */
const isWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket'

/** What the visitor is told of a switch: what any answer tells, and the switch. */
const switching = (asserted: Asserted, answer: IncomingMessage): void => {
  const returned = returning(asserted, 101, rawOf(answer))
  const headers = returned.ok ? asHeaderObject(returned.value.headers) : {}
  Object.defineProperty(answer, 'headers', { value: { ...headers, connection: 'Upgrade', upgrade: 'websocket' } })
}

/** Corrects what http-proxy does to a handshake; heard before its own listeners. */
const steer = (outgoing: ClientRequest, handshake: Handshake, socket: Socket): void => {
  const { asserted, end } = handshake
  const { target, site } = asserted.exchange
  // http-proxy folds slashes and escapes anew: what was judged is what is forwarded (R20).
  outgoing.path = target.raw
  const patience = setTimeout(() => {
    outgoing.destroy(Object.assign(new Error('no answer to the handshake'), { code: 'UND_ERR_HEADERS_TIMEOUT' }))
  }, site.upstream.firstByte)
  const leave = () => outgoing.destroy()
  socket.once('close', leave)
  const answered = () => clearTimeout(patience)
  outgoing.once('close', answered)
  outgoing.once('close', () => socket.removeListener('close', leave))
  // http-proxy, which starts to listen after this, would copy hop-by-hop fields, the framing among them.
  queueMicrotask(() => {
    outgoing.removeAllListeners('response')
    outgoing.once('response', (answer) => {
      answered()
      answerInstead(handshake, socket, answer)
    })
    const theirs = outgoing.listeners('upgrade') as ((...switched: unknown[]) => void)[]
    outgoing.removeAllListeners('upgrade')
    outgoing.once('upgrade', (answer: IncomingMessage, upstream: Socket, head: Buffer) => {
      answered()
      if (!isWebSocket(answer)) {
        upstream.destroy()
        outgoing.emit('error', Object.assign(new Error('a switch to something else'), { code: 'HPE_INVALID_CONSTANT' }))
        return
      }
      switching(asserted, answer)
      tieTogether(socket, upstream)
      end.switched(upstream)
      for (const listener of theirs) listener.call(outgoing, answer, upstream, head)
      watchOver([socket, upstream], site.upstream.idle)
    })
  })
}

/** Opened WebSockets, so that a session's end can close them. */
export type OnOpen = (asserted: Asserted, socket: Socket, end: WebSocketEnd['end']) => void

/**
 * Last step of the upgrade table: hands the socket to http-proxy, the one file that imports it. Its own options for adding
 * headers are not used, because they do not reach every path; the request it sees is already complete.
 */
export const createUpgrade = (refuse: Refuse, onOpen: OnOpen) => {
  const proxy = httpProxy.createProxyServer({
    ws: true,
    xfwd: false,
    changeOrigin: false,
    prependPath: false,
    toProxy: true,
  })
  const waiting = new WeakMap<IncomingMessage, Handshake>()
  proxy.on('proxyReqWs', (outgoing, view, socket) => {
    const waited = waiting.get(view)
    if (waited === undefined) outgoing.destroy()
    else steer(outgoing, waited, socket)
    outgoing.once('upgrade', () => waiting.delete(view))
  })
  proxy.on('error', (error, view, socketOrResponse) => {
    const exchange = waiting.get(view)?.asserted.exchange
    const socket = socketOrResponse as Socket
    if (exchange === undefined || socket.destroyed || exchange.response.headersSent) {
      socket.destroy()
      return
    }
    exchange.response.assignSocket(socket)
    refuse(exchange, upstreamFault(error), error.message)
  })
  return (asserted: Asserted): null => {
    const { exchange } = asserted
    const { webSockets } = exchange.site.upstream
    if (!webSockets.take()) {
      refuse(exchange, 'upstream-busy', 'web-sockets')
      return null
    }
    const socket = detach(exchange.response)
    if (socket === null) {
      webSockets.giveBack()
      return null
    }
    socket.once('close', () => webSockets.giveBack())
    const view = handshake(asserted)
    const end = createWebSocketEnd(socket)
    waiting.set(view, { asserted, end, refuse })
    onOpen(asserted, socket, (code) => end.end(code))
    const target = targetOf(exchange.site.upstream)
    proxy.ws(view, socket, exchange.upgradeHead ?? Buffer.alloc(0), { target, secure: true })
    return null
  }
}
