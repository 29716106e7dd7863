import type { Socket } from 'node:net'

/** With which code a WebSocket is closed by the gate (RFC 6455 §7.4); a page can tell by it what to do next. */
export const CLOSE = {
  /** This process ends, or no longer knows: connect again, now. */
  goingAway: 1001,
  /** The session is over (sign-out, expiry, revocation, disabled account): sign in before connecting again (R11). */
  sessionEnded: 4401,
} as const

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE]

/** How long a visitor may take to take note, milliseconds; then the connection is broken off. */
const PATIENCE = 2_000

/** The longest head of a frame: two bytes, eight of length, four of mask (RFC 6455 §5.2). */
const LONGEST_HEAD = 14

/** Where the frames of the application end, from the bytes as they pass: only there may a frame of ours stand. */
export const createFrameReader = () => {
  const head = Buffer.alloc(LONGEST_HEAD)
  let read = 0
  /** Bytes of the payload under way that are still to come. */
  let left = 0

  const headLength = (): number => {
    const short = (head[1] ?? 0) & 0x7f
    const isMasked = ((head[1] ?? 0) & 0x80) !== 0
    return 2 + (short === 127 ? 8 : short === 126 ? 2 : 0) + (isMasked ? 4 : 0)
  }
  const payloadLength = (): number => {
    const short = (head[1] ?? 0) & 0x7f
    if (short === 126) return head.readUInt16BE(2)
    return short === 127 ? Number(head.readBigUInt64BE(2)) : short
  }

  return {
    pass: (chunk: Buffer): void => {
      for (let at = 0; at < chunk.length;) {
        if (left > 0) {
          const part = Math.min(left, chunk.length - at)
          left -= part
          at += part
          continue
        }
        head[read++] = chunk[at++] ?? 0
        if (read < 2 || read < headLength()) continue
        left = payloadLength()
        read = 0
      }
    },
    isBetweenFrames: (): boolean => left === 0 && read === 0,
  }
}

/** A closing frame as servers send it: whole, not masked, nothing but the code. */
const closingFrame = (code: CloseCode): Buffer => Buffer.from([0x88, 2, code >> 8, code & 0xff])

export interface WebSocketEnd {
  /** The application has agreed: what comes from it now are frames. */
  switched(upstream: Socket): void
  /**
   * Closes with a code, between two frames of the application. The visitor's own closing frame still reaches the
   * application; who does not answer in time, or is never between two frames, is broken off.
   */
  end(code: CloseCode): void
}

export const createWebSocketEnd = (socket: Socket): WebSocketEnd => {
  const frames = createFrameReader()
  let upstream: Socket | null = null
  let wanted: CloseCode | null = null
  let isEnding = false

  const look = (): void => {
    if (wanted === null || upstream === null || isEnding || !frames.isBetweenFrames()) return
    isEnding = true
    upstream.unpipe(socket)
    // What the application still says is read to its end and thrown away; unpiped, the stream stands still.
    upstream.resume()
    socket.end(closingFrame(wanted))
  }
  return {
    switched: (application) => {
      upstream = application
      const hear = (chunk: Buffer): void => {
        frames.pass(chunk)
        // Not now: the listener that passes the chunk on may be heard after this one.
        if (wanted !== null) setImmediate(look)
      }
      // Not now: what came together with the switch is put back into the stream first, and would be heard here alone.
      process.nextTick(() => application.on('data', hear))
      // Not now: the answer to the handshake goes first.
      setImmediate(look)
    },
    end: (code) => {
      if (wanted !== null) return
      wanted = code
      setTimeout(() => socket.destroy(), PATIENCE).unref()
      look()
    },
  }
}
