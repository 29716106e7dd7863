import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { SignedIn } from '../policy/subject.ts'
import { keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'
import { onSessionEnd } from './ends.ts'
import { subjectOf, type SessionRecord } from './record.ts'
import { readStoredSession } from './stored-session.ts'

/** A session that has not ended, as far as the store or the last two seconds tell. */
export interface LiveSession {
  readonly state: 'live'
  readonly digest: string
  readonly record: SessionRecord
  readonly subject: SignedIn
}

export interface SessionCache {
  /** What is remembered; undefined when it has to be read. */
  get(digest: string, now: number): LiveSession | undefined
  /** Reads through; null when there is no such session any more. @throws {Fault} `store-unavailable` */
  read(digest: string): Promise<LiveSession | null>
  /** Forgets a session that ended on this node; other nodes are told by the channel `session-ended`. */
  evict(digest: string): void
  close(): Promise<void>
}

/** The longest that a node which misses a message may go on with an ended session. */
const MAX_AGE = 2_000
const MAX_SESSIONS = 10_000

interface Entry {
  readonly session: LiveSession
  readonly from: number
  readonly until: number
}

/**
 * Sessions read in the last two seconds, so that a page with fifty images costs one read. A message of the node where a
 * session ends evicts it at once (S-05); while messages may be missed, nothing is remembered and every request reads.
 * Waits until the subscription stands, or two seconds (O-09).
 */
export const createSessionCache = async (parts: { store: Store; clock: Clock; log: Log }): Promise<SessionCache> => {
  const { store } = parts
  const entries = new LRUCache<string, Entry>({ max: MAX_SESSIONS })
  /** Reads under way. One that is no longer listed when it lands was overtaken by a message: it is neither kept nor told. */
  const flights = new Map<string, Promise<LiveSession | null>>()

  const evict = (digest: string): void => {
    entries.delete(digest)
    flights.delete(digest)
  }
  const forgetAll = (): void => {
    entries.clear()
    flights.clear()
  }

  const share = (digest: string): Promise<LiveSession | null> => {
    const flight = load(parts, digest).then(
      (entry) => {
        if (flights.get(digest) !== flight) return read(digest)
        flights.delete(digest)
        if (entry !== null) entries.set(digest, entry)
        return entry?.session ?? null
      },
      (thrown: unknown) => {
        if (flights.get(digest) === flight) flights.delete(digest)
        throw thrown
      },
    )
    flights.set(digest, flight)
    return flight
  }

  const read = async (digest: string): Promise<LiveSession | null> => {
    if (store.isSubscriptionLive()) return flights.get(digest) ?? share(digest)
    return (await load(parts, digest))?.session ?? null
  }

  const unsubscribe = await onSessionEnd(store, ({ digest }) => evict(digest), forgetAll)
  return {
    get: (digest, now) => {
      if (!store.isSubscriptionLive()) return undefined
      const entry = entries.get(digest)
      // `from`: a clock that was set back must not lengthen anything.
      return entry !== undefined && now < entry.until && now >= entry.from ? entry.session : undefined
    },
    read,
    evict,
    close: async () => {
      forgetAll()
      await unsubscribe()
    },
  }
}

/** Both limits are judged here as well as by the store, whose time to live is the idle limit since the last activity. */
const load = async (
  { store, clock, log }: { store: Store; clock: Clock; log: Log },
  digest: string,
): Promise<Entry | null> => {
  const key = keys.session(digest)
  // Taken before the store is asked: what is left by its answer is less by the time that the answer took.
  const from = clock.now()
  const [text, left] = await Promise.all([store.get(key), store.timeToLive(key)])
  if (text === null || left === null) return null
  const stored = readStoredSession(text)
  if (!stored.ok) {
    log.warn({ session: digest, reason: stored.reason }, 'unreadable session')
    return null
  }
  const record = stored.value
  const endsAt = Math.min(from + left, from + record.idle, record.endsAt)
  if (endsAt <= clock.now()) return null
  const session: LiveSession = { state: 'live', digest, record, subject: subjectOf(record) }
  return { session, from, until: Math.min(endsAt, from + MAX_AGE) }
}
