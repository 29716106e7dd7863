import type { Clock } from '../lib/clock.ts'
import { keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'
import type { LiveSession } from './cache.ts'
import { timeLeft } from './lifetime.ts'

/** Milliseconds. */
export interface TimeLeft {
  /** Until the session ends if nobody does anything. */
  readonly idle: number
  /** Until it ends whatever happens. */
  readonly absolute: number
}

/** When a session will end, for pages that warn of it (G9). Both throw `Fault('store-unavailable')` with the store. */
export interface Expiry {
  /** Asking is no activity (R29). Null when it has ended. May be ten seconds short of what activity not yet told has won. */
  left(session: LiveSession): Promise<TimeLeft | null>
  /** The person has said that they are still there. Null when it was too late: what has ended stays ended (R13). */
  stay(session: LiveSession): Promise<TimeLeft | null>
}

export const createExpiry = ({ store, clock }: { store: Store; clock: Clock }): Expiry => {
  const left: Expiry['left'] = async ({ digest, record }) => {
    const idle = await store.timeToLive(keys.session(digest))
    const absolute = record.endsAt - clock.now()
    return idle === null || absolute <= 0 ? null : { idle: Math.min(idle, absolute), absolute }
  }
  return {
    left,
    stay: async (session) => {
      const now = clock.now()
      const life = timeLeft(session.record, now, now)
      if (life <= 0 || !(await store.extend(keys.session(session.digest), life))) return null
      return left(session)
    },
  }
}
