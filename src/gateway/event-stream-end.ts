import type { ServerResponse } from 'node:http'
import { CLOSE } from './websocket-end.ts'

/**
 * The last event of a stream whose session is over: a page that listens for `portillon` learns why its source falls silent.
 * The code is the one that a WebSocket is closed with.
 */
const LAST_EVENT = `event: portillon\ndata: ${JSON.stringify({ code: CLOSE.sessionEnded, error: 'session-ended' })}\n\n`

/** How long the application may take to end an event that it has begun, and the visitor to read what is left, milliseconds. */
const PATIENCE = 2_000

/** As much of the end of a stream as tells whether an event is under way: two line ends of two bytes each. */
const TAIL = 4

/** Whether a stream that ends so stands between two events: behind an empty line (HTML § 9.2.6 knows three line ends). */
export const endsAnEvent = (tail: string): boolean => tail === '' || /[\r\n]{2}$/.test(tail.replaceAll('\r\n', '\n'))

export interface EventStreamEnd {
  /** HOT PATH: what the application said, as it goes to the visitor. */
  pass(chunk: Buffer): void
  /**
   * Ends the stream for the visitor, between two events: half an event must not be read as a whole one.
   * @param isTold with a last event, by which the page learns that it has to sign in
   */
  end(isTold: boolean): void
}

export const createEventStreamEnd = (response: ServerResponse): EventStreamEnd => {
  let tail = ''
  let wanted: { readonly isTold: boolean } | null = null

  const look = (): void => {
    if (wanted === null || response.writableEnded || !endsAnEvent(tail)) return
    response.end(wanted.isTold ? LAST_EVENT : undefined)
  }
  return {
    pass: (chunk) => {
      tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - TAIL))).slice(-TAIL)
      look()
    },
    end: (isTold) => {
      if (wanted !== null) return
      wanted = { isTold }
      setTimeout(() => response.destroy(), PATIENCE).unref()
      look()
    },
  }
}

/** A stream that is compressed: nothing of ours can stand in it. */
const createClosedEnd = (response: ServerResponse): EventStreamEnd => ({
  pass: () => undefined,
  end: () => void response.destroy(),
})

/**
 * How an answer without an announced length ends with its session, if it is an event stream; undefined when it is not.
 * @param headers as the visitor receives them, name and value in turns
 */
export const eventStreamEnd = (response: ServerResponse, headers: readonly string[]): EventStreamEnd | undefined => {
  const valueOf = (wanted: string): string | undefined =>
    headers.find((_value, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === wanted)
  if (!/^\s*text\/event-stream\s*(?:;|$)/i.test(valueOf('content-type') ?? '')) return undefined
  return valueOf('content-encoding') === undefined ? createEventStreamEnd(response) : createClosedEnd(response)
}
