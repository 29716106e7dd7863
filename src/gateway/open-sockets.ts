import type { Socket } from 'node:net'

/** WebSockets that are open, by the session that opened them: the end of a session is the end of its sockets (R11, W-04). */
export interface OpenSockets {
  /** @param session null for a visitor whom nobody knows: those end with the process only */
  add(session: string | null, socket: Socket): void
  /** Ends every socket of a session on this node. */
  end(session: string): void
  endAll(): void
  /** How many are open. */
  readonly size: number
}

export const createOpenSockets = (): OpenSockets => {
  const sockets = new Map<string | null, Set<Socket>>()
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
    get size() {
      return [...sockets.values()].reduce((sum, known) => sum + known.size, 0)
    },
  }
}
