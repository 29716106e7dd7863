import { Server } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Connections } from './connections.ts'

/** What the hard limit broke off. */
export interface Cut {
  readonly requests: number
  readonly webSockets: number
}

export const NOTHING_CUT: Cut = { requests: 0, webSockets: 0 }

export interface WebSockets {
  /** Tells them to go elsewhere, and ends them. */
  endAll(): void
  /** How many are open. */
  count(): number
}

export interface DrainParts {
  readonly server: Server
  readonly connections: Connections
  /** Every connection as the network knows it, those of a TLS handshake under way included. */
  readonly sockets: ReadonlySet<{ destroy(): void }>
  readonly webSockets: WebSockets
}

export interface DrainOptions {
  /** When what is still open is broken off, milliseconds from now. */
  readonly limit: number
  /**
   * Go on listening until the requests now in flight have ended: for a socket that another process will take over, where
   * visitors would otherwise wait in its queue for as long as one long download takes.
   */
  readonly overlap: boolean
}

/** What is kept of the limit for requests that come during the overlap. */
const LAST = 5_000

/** Waits for `work`, at most so many milliseconds; false when it is not done by then. */
const within = async (work: Promise<unknown>, limit: number): Promise<boolean> => {
  const given = new AbortController()
  const late = pause(limit, false, { signal: given.signal }).catch(() => false)
  const isDone = await Promise.race([work.then(() => true), late])
  given.abort()
  return isDone
}

/** Not http.Server's own `close`: that destroys idle connections, whatever is on its way on them (O-02). */
const stopListening = (server: Server): Promise<void> =>
  new Promise((closed) => void Server.prototype.close.call(server, () => closed()))

/**
 * Stops taking connections and lets requests in flight end.
 * - every answer from now on is the last one of its connection
 * - then nobody is let in any more, WebSockets are told to go elsewhere, idle connections are closed
 * - at the limit the rest is broken off, and counted (O-03)
 */
export const drain = async (parts: DrainParts, { limit, overlap }: DrainOptions): Promise<Cut> => {
  const { server, connections, sockets, webSockets } = parts
  connections.retire()
  const work = async (): Promise<void> => {
    if (overlap) await within(connections.settled(), limit - Math.min(LAST, limit / 2))
    const closed = stopListening(server)
    webSockets.endAll()
    // What has already arrived is read before this runs, and answered.
    setImmediate(() => connections.letGo())
    await closed
  }
  const done = work()
  if (await within(done, limit)) return NOTHING_CUT
  const cut = { requests: connections.busy(), webSockets: webSockets.count() }
  for (const socket of sockets) socket.destroy()
  await done
  return cut
}
