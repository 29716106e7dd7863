import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'
import { timeLeft } from './lifetime.ts'
import type { SessionRecord } from './record.ts'

/** Keeps the sessions of people who do something from becoming idle, without a write for each request. */
export interface Activity {
  /** HOT PATH: notes that the person did something. What a page polls by itself is not reported here (R29). */
  seen(digest: string, record: SessionRecord, now: number): void
  /** Tells the store what was noted. Never rejects: what cannot be told is told the next time. */
  flush(): Promise<void>
  /** The last flush. */
  close(): Promise<void>
}

interface Noted {
  readonly digest: string
  readonly record: SessionRecord
  seenAt: number
  toldAt: number
  isTold: boolean
}

const INTERVAL = 10_000
/** Soon enough for somebody who comes back in the last seconds of the idle limit, late enough to gather a page's requests. */
const SOON = 50
const PARALLEL = 16
/** Nobody seen for so long is remembered; when they come back the store is told at once. */
const FORGET_AFTER = 60_000

/**
 * @param parts.interval milliseconds between two flushes: what a process that is killed loses of a session's life at most
 */
export const createActivity = (parts: { store: Store; clock: Clock; log: Log; interval?: number }): Activity => {
  const { store, clock, log, interval = INTERVAL } = parts
  const people = new Map<string, Noted>()
  let running: Promise<void> = Promise.resolve()
  let soon: NodeJS.Timeout | undefined

  /** Extends and nothing else: a session that ended meanwhile stays ended (R13). */
  const tell = async (noted: Noted): Promise<void> => {
    noted.isTold = true
    const now = clock.now()
    const left = timeLeft(noted.record, noted.seenAt, now)
    noted.toldAt = now
    if (left <= 0 || !(await store.extend(keys.session(noted.digest), left))) people.delete(noted.digest)
  }

  const tellAll = async (): Promise<void> => {
    const waiting = [...people.values()].filter((noted) => !noted.isTold).values()
    const work = async (): Promise<void> => {
      for (const noted of waiting) {
        try {
          await tell(noted)
        } catch (thrown) {
          noted.isTold = false
          throw thrown
        }
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: PARALLEL }, work))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) log.warn({ err: failed.reason }, 'activity could not be noted')
    const now = clock.now()
    for (const noted of people.values()) {
      if (noted.isTold && now - noted.seenAt > FORGET_AFTER) people.delete(noted.digest)
    }
  }

  const flush = (): Promise<void> => {
    clearTimeout(soon)
    soon = undefined
    running = running.then(tellAll).catch((thrown: unknown) => {
      log.warn({ err: thrown }, 'activity could not be noted')
    })
    return running
  }

  const timer = setInterval(() => void flush(), interval).unref()
  return {
    seen: (digest, record, now) => {
      const noted = people.get(digest)
      if (noted === undefined) {
        people.set(digest, { digest, record, seenAt: now, toldAt: now, isTold: false })
      } else {
        noted.seenAt = now
        noted.isTold = false
        // A short idle limit does not wait for the next round.
        if (now - noted.toldAt < noted.record.idle / 4) return
      }
      soon ??= setTimeout(() => void flush(), SOON).unref()
    },
    flush,
    close: async () => {
      clearInterval(timer)
      await flush()
    },
  }
}
