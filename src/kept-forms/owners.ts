import type { Clock } from '../lib/clock.ts'
import { isSameDigest, keyedDigest, type PurposeKey } from '../lib/digest.ts'
import { REMEMBERED_AFTER } from '../session/ends.ts'
import { keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'

export interface Person {
  readonly realm: string
  /** Id of the account. */
  readonly account: string
}

/**
 * Who opened a session, still known when its record is gone: a form that arrives then is kept for that person and nobody
 * else (R7). People are marks here, keyed digests, so that the store tells nothing new about them.
 */
export interface SessionOwners {
  /** @param until the absolute end of the session, milliseconds since the epoch */
  remember(session: string, person: Person, until: number): Promise<void>
  /** The mark of whoever opened the session of this digest; null when that is no longer known. */
  of(session: string): Promise<string | null>
  isMarkOf(mark: string, person: Person): boolean
  markOf(person: Person): string
}

export const createSessionOwners = (parts: { store: Store; clock: Clock; key: PurposeKey }): SessionOwners => {
  const { store, clock, key } = parts
  const mark = (secret: Buffer, { realm, account }: Person) => keyedDigest(secret, 'person', realm, account)
  return {
    remember: async (session, person, until) => {
      // A form may be sent from a page that has been open since before the end of the session.
      const life = Math.max(0, Math.floor(until - clock.now())) + REMEMBERED_AFTER
      await store.set(keys.sessionOwner(session), mark(key.current(), person), life)
    },
    of: (session) => store.get(keys.sessionOwner(session)),
    isMarkOf: (given, person) => key.every().some((secret) => isSameDigest(mark(secret, person), given)),
    markOf: (person) => mark(key.current(), person),
  }
}
