import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'
import httpProxy from 'http-proxy'
import type { Asserted, Exchange, Refuse } from './exchange.ts'
import { isOurSetCookie, returning } from './returning.ts'
import type { UpstreamTarget } from './site.ts'
import { upstreamFault } from './upstream-fault.ts'
import { createWebSocketEnd, type WebSocketEnd } from './websocket-end.ts'

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

/** An application that does not switch: its answer goes back like any other, and the connection ends with it (W-05). */
const answerInstead = (exchange: Exchange, socket: Socket, answer: IncomingMessage): void => {
  const { response } = exchange
  const { headers } = returning(
    exchange,
    answer.rawHeaders.map((text) => Buffer.from(text, 'latin1')),
  )
  response.assignSocket(socket)
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', headers)
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
  readonly exchange: Exchange
  readonly end: WebSocketEnd
}

/** Corrects what http-proxy does to a handshake; heard before its own listeners. */
const steer = (outgoing: ClientRequest, { exchange, end }: Handshake, socket: Socket): void => {
  const { target, site } = exchange
  // http-proxy folds slashes and escapes anew: what was judged is what is forwarded (R20).
  outgoing.path = target.raw
  const patience = setTimeout(() => {
    outgoing.destroy(Object.assign(new Error('no answer to the handshake'), { code: 'UND_ERR_HEADERS_TIMEOUT' }))
  }, site.upstream.firstByte)
  const leave = () => outgoing.destroy()
  socket.once('close', leave)
  const answered = () => clearTimeout(patience)
  for (const event of ['upgrade', 'close'] as const) outgoing.once(event, answered)
  outgoing.once('close', () => socket.removeListener('close', leave))
  // http-proxy, which starts to listen after this, would copy hop-by-hop fields, the framing among them.
  queueMicrotask(() => {
    outgoing.removeAllListeners('response')
    outgoing.once('response', (answer) => {
      answered()
      answerInstead(exchange, socket, answer)
    })
  })
  outgoing.once('upgrade', (answer: IncomingMessage, upstream: Socket) => {
    const theirs = answer.headers['set-cookie']?.filter((line) => !isOurSetCookie(line)) ?? []
    answer.headers['set-cookie'] = theirs
    tieTogether(socket, upstream)
    end.switched(upstream)
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
    const exchange = waiting.get(view)?.exchange
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
    waiting.set(view, { exchange, end })
    onOpen(asserted, socket, (code) => end.end(code))
    const target = targetOf(exchange.site.upstream)
    proxy.ws(view, socket, exchange.upgradeHead ?? Buffer.alloc(0), { target, secure: true })
    return null
  }
}
