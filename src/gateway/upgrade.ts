import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import httpProxy from 'http-proxy'
import type { Asserted, Exchange, Refuse } from './exchange.ts'
import { upstreamFault } from './forward.ts'

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
    value: { ...asHeaderObject(asserted.headers), connection: 'Upgrade', upgrade: 'websocket' },
  })
  return view
}

const detach = (response: ServerResponse): Socket | null => {
  const { socket } = response
  if (socket !== null) response.detachSocket(socket)
  return socket
}

/** Opened WebSockets, so that a session's end can close them. */
export type OnOpen = (asserted: Asserted, socket: Socket) => void

/**
 * Last step of the upgrade table: hands the socket to http-proxy, the one file that imports it. Its own options for adding
 * headers are not used, because they do not reach every path; the request it sees is already complete.
 */
export const createUpgrade = (refuse: Refuse, onOpen: OnOpen) => {
  const proxy = httpProxy.createProxyServer({ ws: true, xfwd: false, changeOrigin: false, prependPath: false })
  const waiting = new WeakMap<IncomingMessage, Exchange>()
  proxy.on('error', (error, view, socketOrResponse) => {
    const exchange = waiting.get(view)
    const socket = socketOrResponse as Socket
    if (exchange === undefined || socket.destroyed || socket.bytesWritten > 0) {
      socket.destroy()
      return
    }
    exchange.response.assignSocket(socket)
    refuse(exchange, upstreamFault(error), error.message)
  })
  return (asserted: Asserted): null => {
    const { exchange } = asserted
    const { upstream } = exchange.site
    const socket = detach(exchange.response)
    if (socket === null) return null
    const view = handshake(asserted)
    waiting.set(view, exchange)
    onOpen(asserted, socket)
    // http-proxy sends the URL of the request below the path of the target, which is empty.
    proxy.ws(view, socket, exchange.upgradeHead ?? Buffer.alloc(0), {
      target: upstream.origin,
      toProxy: false,
      secure: true,
      ...(upstream.ca === undefined ? {} : { ssl: { ca: upstream.ca } }),
    })
    return null
  }
}
