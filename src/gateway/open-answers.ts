import type { SessionOver } from '../session/watch-open.ts'
import type { EventStreamEnd } from './event-stream-end.ts'

/** An answer of the application that is awaited, or on its way to the visitor. */
export interface OpenAnswer {
  /** Digest of the session that asked; null for a visitor whom nobody knows. */
  readonly session: string | null
  /** Of an event stream: how it is ended. */
  readonly stream: EventStreamEnd | undefined
  /** Where it stands among the open ones; nobody else writes it. */
  place: number
  /** Breaks it off, for the visitor and for the application. */
  cut(): void
}

/**
 * The answers that are under way in this process, looked through when a session ends: every request comes in and goes out
 * again, and sessions end rarely.
 *
 * A plain list, in which the last one takes the place of the one that leaves. A `Set` that so many enter and leave is renewed
 * by V8 every few dozen times, and each former table points to its follower: once one of them has grown old, all later ones,
 * and every request that they knew, live until the next full collection (measured: half of the CPU of a request, and 300 MB).
 */
export interface OpenAnswers {
  /** HOT PATH */
  add(answer: OpenAnswer): void
  /** HOT PATH */
  delete(answer: OpenAnswer): void
  /**
   * Ends what must not go on without its session (G3):
   * - an event stream always, because it would never end by itself
   * - everything else at once when the session was revoked: somebody else may be behind it
   * - otherwise a download or a page goes on, for it was asked for by the same person while the session lasted; what has not
   *   ended ten minutes later is no download
   */
  end(session: string, over: SessionOver): void
  /** The sessions that have anything under way. */
  sessions(): Iterable<string>
}

/** Milliseconds. */
const LONGEST_AFTER = 600_000

/** @param longest how long an answer may go on after its session has expired or was signed out, milliseconds */
export const createOpenAnswers = (longest = LONGEST_AFTER): OpenAnswers => {
  const open: OpenAnswer[] = []
  /** Answers whose session is over and that may still come to their end. */
  const last = new Map<OpenAnswer, NodeJS.Timeout>()

  const endOne = (answer: OpenAnswer, over: SessionOver): void => {
    if (answer.stream !== undefined) answer.stream.end(over !== 'unknown')
    else if (over === 'revoked') answer.cut()
    else if (over === 'ended' && !last.has(answer)) last.set(answer, setTimeout(() => answer.cut(), longest).unref())
  }
  return {
    add: (answer) => {
      answer.place = open.length
      open.push(answer)
    },
    delete: (answer) => {
      if (open[answer.place] !== answer) return
      const latest = open.pop()
      if (latest !== undefined && latest !== answer) {
        latest.place = answer.place
        open[answer.place] = latest
      }
      if (last.size === 0) return
      clearTimeout(last.get(answer))
      last.delete(answer)
    },
    end: (session, over) => {
      for (const answer of [...open]) if (answer.session === session) endOne(answer, over)
    },
    *sessions() {
      for (const { session } of open) if (session !== null) yield session
    },
  }
}
