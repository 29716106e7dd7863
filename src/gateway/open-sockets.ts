import type { Socket } from 'node:net'
import type { SessionOver } from '../session/watch-open.ts'
import { CLOSE, type CloseCode, type WebSocketEnd } from './websocket-end.ts'

type End = WebSocketEnd['end']

/** WebSockets that are open, by the session that opened them: the end of a session is the end of its sockets (R11, W-04). */
export interface OpenSockets {
  /** @param session null for a visitor whom nobody knows: those end with the process only */
  add(session: string | null, socket: Socket, end: End): void
  /** Ends every socket of a session in this process. */
  end(session: string, over: SessionOver): void
  /** The sessions that have a socket open. */
  sessions(): Iterable<string>
  endAll(code: CloseCode): void
  /** How many are open. */
  readonly size: number
}

export const createOpenSockets = (): OpenSockets => {
  const sockets = new Map<string | null, Set<End>>()
  return {
    add: (session, socket, end) => {
      const known = sockets.get(session) ?? new Set()
      sockets.set(session, known.add(end))
      socket.once('close', () => {
        known.delete(end)
        if (known.size === 0 && sockets.get(session) === known) sockets.delete(session)
      })
    },
    end: (session, over) => {
      const code = over === 'unknown' ? CLOSE.goingAway : CLOSE.sessionEnded
      for (const end of sockets.get(session) ?? []) end(code)
    },
    sessions: () => [...sockets.keys()].filter((session) => session !== null),
    endAll: (code) => {
      for (const known of sockets.values()) for (const end of known) end(code)
    },
    get size() {
      return [...sockets.values()].reduce((sum, known) => sum + known.size, 0)
    },
  }
}
