import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { answerUnderWay } from './answer-under-way.ts'

/**
 * The connections of visitors, so that they can be ended without breaking one.
 *
 * An idle connection must not simply be destroyed: a request may be on its way on it, and the visitor would be told of a
 * reset in place of an answer. It is half-closed instead, and what still comes on it is read and thrown away (O-02).
 */
export interface Connections {
  opened(socket: Socket): void
  /** The socket is no longer HTTP: a WebSocket, which is somebody else's to end. */
  left(socket: Socket): void
  /**
   * HOT PATH: a request came. False when its connection has been let go: the visitor has seen the end, may send the request
   * again elsewhere, and it must not be served twice. Nor is it when the connection ended with an answer: Node goes on
   * reading the segment that it has in hand, where the next request may hide behind one that was refused (F-03, F-04).
   */
  asked(socket: Socket, answer: ServerResponse): boolean
  /**
   * When its last answer is given, it is half-closed like the idle ones: whoever goes on sending all the same must not get a
   * reset in place of that answer.
   */
  endsGently(socket: Socket): void
  /**
   * Ends the connections on which something is written and nothing of it was taken for so many looks in a row; asked now and
   * then. Those for which the data path has set a limit are its own (L-01).
   */
  cutStalled(looks: number): void
  /** From now on every answer is the last one of its connection, and says so (`Connection: close`). */
  retire(): void
  /** Ends the connections on which nothing is under way, and the others as soon as that is true. */
  letGo(): void
  /** Resolves once the requests that are in flight at this moment have ended. */
  settled(): Promise<void>
  /** Connections with a request in flight. */
  busy(): number
}

/** How long a visitor may take to notice that the connection was closed, or to use one that was just opened, milliseconds. */
const LINGER = 2_000

/** Nothing has come on it yet: its first request is on its way, and no visitor expects to have to repeat that one. */
const isFresh = (socket: Socket): boolean => socket.bytesRead === 0

export const createConnections = (): Connections => {
  const open = new Set<Socket>()
  const gone = new WeakSet<Socket>()
  /** Bytes that were taken so far, and how often they were seen to be as many. */
  const stalled = new Map<Socket, { taken: number; looks: number }>()
  let hasGone = false
  let isRetiring = false
  let isLettingGo = false

  const answers = (): ServerResponse[] => [...open].map(answerUnderWay).filter((answer) => answer !== null)

  const endWhenIdle = (socket: Socket): void => {
    const answer = answerUnderWay(socket)
    if (answer !== null) {
      answer.once('close', () => endWhenIdle(socket))
      return
    }
    halfClose(socket)
  }

  const halfClose = (socket: Socket): void => {
    if (gone.has(socket)) return
    gone.add(socket)
    hasGone = true
    socket.end()
    setTimeout(() => socket.destroy(), LINGER).unref()
  }

  const endSoon = (socket: Socket): void => {
    if (isFresh(socket)) setTimeout(() => endWhenIdle(socket), LINGER).unref()
    else endWhenIdle(socket)
  }

  return {
    opened: (socket) => {
      open.add(socket)
      socket.once('close', () => {
        open.delete(socket)
        stalled.delete(socket)
      })
      // A TLS handshake that was under way.
      if (isLettingGo) endSoon(socket)
    },
    left: (socket) => {
      open.delete(socket)
      stalled.delete(socket)
    },
    asked: (socket, answer) => {
      if (isRetiring) answer.shouldKeepAlive = false
      return socket.writable && (!hasGone || !gone.has(socket))
    },
    endsGently: (socket) => {
      socket.destroySoon = () => halfClose(socket)
    },
    cutStalled: (looks) => {
      for (const socket of open) {
        const taken = socket.bytesWritten - socket.writableLength
        const seen = stalled.get(socket)
        if (socket.writableLength === 0 || (socket.timeout ?? 0) > 0) stalled.delete(socket)
        else if (seen?.taken !== taken) stalled.set(socket, { taken, looks: 1 })
        else if ((seen.looks += 1) > looks) socket.destroy()
      }
    },
    retire: () => {
      isRetiring = true
      for (const answer of answers()) if (!answer.headersSent) answer.shouldKeepAlive = false
    },
    letGo: () => {
      isLettingGo = true
      for (const socket of open) endSoon(socket)
    },
    settled: async () => {
      await Promise.all(answers().map((answer) => new Promise((ended) => void answer.once('close', ended))))
    },
    busy: () => answers().length,
  }
}
