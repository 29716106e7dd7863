import type { Log } from '../lib/log.ts'
import { keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'
import { isRevocation, type SessionEnds } from './ends.ts'

/**
 * What is known of a session that has something open:
 * - `ended`: it has expired, or the person has ended it
 * - `revoked`: somebody else has
 * - `unknown`: the store does not say
 */
export type SessionOver = 'ended' | 'revoked' | 'unknown'

export interface OpenWatch {
  /** Looks now; for tests. Never throws. */
  look(): Promise<void>
  close(): void
}

export interface OpenWatchParts {
  readonly store: Pick<Store, 'timeToLive'>
  readonly ends: Pick<SessionEnds, 'how'>
  /** Digests of the sessions that have something open in this process. */
  readonly open: () => Iterable<string>
  readonly over: (session: string, over: SessionOver) => void
  readonly log: Log
  /** Time between two looks, milliseconds. */
  readonly every?: number
}

/** Two looks and their questions, and the seconds that a socket takes to close, stay within ten seconds (W-04). */
const EVERY = 3_000

/**
 * Asks the store, again and again, whether the sessions live that have a WebSocket, an event stream or a long answer open
 * (R11, G3). Nobody tells when a session becomes idle or reaches its longest time; and a message that a session was ended can
 * be missed. What the store cannot say twice in a row is not trusted any longer: a node that is cut off must not go on with
 * what was revoked on another.
 *
 * One question for each such session and look. Having something open is no activity: nobody sits behind it for certain (G17).
 */
export const watchOpen = ({ store, ends, open, over, log, every = EVERY }: OpenWatchParts): OpenWatch => {
  let doubtful = new Set<string>()

  const ask = async (session: string): Promise<SessionOver | 'live'> => {
    if ((await store.timeToLive(keys.session(session))) !== null) return 'live'
    return isRevocation(await ends.how(session)) ? 'revoked' : 'ended'
  }
  const look = async (): Promise<void> => {
    const sessions = [...new Set(open())]
    const answers = await Promise.allSettled(sessions.map(ask))
    const unanswered = new Set<string>()
    for (const [at, answer] of answers.entries()) {
      const session = sessions[at] ?? ''
      if (answer.status === 'rejected') unanswered.add(session)
      else if (answer.value !== 'live') over(session, answer.value)
    }
    const given = [...unanswered].filter((session) => doubtful.has(session))
    if (given.length > 0)
      log.error({ sessions: given.length }, 'what sessions have open is closed: the store does not say')
    for (const session of given) over(session, 'unknown')
    doubtful = unanswered
  }

  let looking: Promise<void> | undefined
  const lookOnce = (): Promise<void> =>
    (looking ??= look()
      .catch((thrown: unknown) => log.error({ err: thrown }, 'what sessions have open could not be looked at'))
      .finally(() => (looking = undefined)))
  const timer = setInterval(() => void lookOnce(), every).unref()
  return { look: lookOnce, close: () => clearInterval(timer) }
}
