import type { Socket } from 'node:net'

/** WebSockets that are open, by the session that opened them: the end of a session is the end of its sockets (R11, W-04). */
export interface OpenSockets {
  add(session: string, socket: Socket): void
  /** Ends every socket of a session on this node. */
  end(session: string): void
  endAll(): void
}

export const createOpenSockets = (): OpenSockets => {
  const sockets = new Map<string, Set<Socket>>()
  return {
    add: (session, socket) => {
      const known = sockets.get(session) ?? new Set()
      sockets.set(session, known.add(socket))
      socket.once('close', () => {
        known.delete(socket)
        if (known.size === 0 && sockets.get(session) === known) sockets.delete(session)
      })
    },
    end: (session) => {
      for (const socket of sockets.get(session) ?? []) socket.destroy()
    },
    endAll: () => {
      for (const known of sockets.values()) for (const socket of known) socket.destroy()
    },
  }
}
