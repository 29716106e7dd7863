import { addressBlock } from '../lib/address.ts'
import { keyedDigest } from '../lib/digest.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import { keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'

/** What is being guessed. The two have separate budgets, so that a right password does not pay for wrong codes. */
export type Door = 'password' | 'code'

interface Limit {
  /** Tries that cost nothing within the window. */
  readonly free: number
  readonly window: number
  /** The first wait; it doubles with every further try, up to the longest. */
  readonly wait: number
  readonly longest: number
}

const MINUTE = 60_000

/**
 * How much guessing is allowed (C-04, C-09, T-03; NIST SP 800-63B §5.2.2). After the free tries one single try passes per
 * wait, on all nodes together. The limit of one account from one place is strict; that of an account from everywhere is
 * wide, so that a stranger who keeps failing elsewhere does not shut its owner out at once (C-05); that of one place
 * meets those who try many names (C-10).
 */
const LIMITS: Readonly<Record<Door, Readonly<Record<'pair' | 'account' | 'place', Limit>>>> = {
  password: {
    pair: { free: 5, window: 15 * MINUTE, wait: MINUTE / 2, longest: 15 * MINUTE },
    account: { free: 20, window: 60 * MINUTE, wait: MINUTE, longest: 15 * MINUTE },
    place: { free: 60, window: 15 * MINUTE, wait: MINUTE / 2, longest: 15 * MINUTE },
  },
  code: {
    pair: { free: 10, window: 30 * MINUTE, wait: MINUTE, longest: 15 * MINUTE },
    account: { free: 15, window: 60 * MINUTE, wait: MINUTE, longest: 15 * MINUTE },
    place: { free: 60, window: 15 * MINUTE, wait: MINUTE / 2, longest: 15 * MINUTE },
  },
}

export interface Who {
  readonly realm: string
  /** Folded login as typed: an unknown name is limited exactly like a known one (C-01). */
  readonly login: string
  readonly address: string | undefined
}

export interface Throttled {
  /** Milliseconds until the next try can pass. */
  readonly wait: number
}

export interface Throttle {
  /**
   * Counts a try before it is judged, so that parallel tries cannot all slip through, and refuses it when the budget is
   * spent. Every limit must agree.
   */
  admit(door: Door, who: Who): Promise<Result<undefined, Throttled>>
  /** After a success: the account's own budgets are whole again; that of the place is not (C-11). */
  clear(door: Door, who: Who): Promise<void>
}

export const createThrottle = (parts: { store: Store; key: Buffer }): Throttle => {
  const { store, key } = parts

  const scopes = (door: Door, who: Who) => {
    const place = addressBlock(who.address)
    return [
      { name: `${door}-pair`, id: keyedDigest(key, who.realm, who.login, place), limit: LIMITS[door].pair },
      { name: `${door}-account`, id: keyedDigest(key, who.realm, who.login), limit: LIMITS[door].account },
      { name: `${door}-place`, id: keyedDigest(key, place), limit: LIMITS[door].place },
    ] as const
  }

  const admitTo = async (name: string, id: string, limit: Limit): Promise<number> => {
    const waitKey = keys.wait(name, id)
    const waiting = await store.timeToLive(waitKey)
    if (waiting !== null) return waiting
    const count = await store.increment(keys.count(name, id), limit.window)
    if (count <= limit.free) return 0
    const wait = Math.min(limit.longest, limit.wait * 2 ** Math.min(10, count - limit.free - 1))
    // Whoever sets the wait is the one try that passes; the others came in the same instant and wait.
    return (await store.set(waitKey, '1', wait, 'if-absent')) ? 0 : wait
  }

  return {
    admit: async (door, who) => {
      const waits = await Promise.all(scopes(door, who).map(({ name, id, limit }) => admitTo(name, id, limit)))
      const wait = Math.max(...waits)
      return wait === 0 ? accept(undefined) : refuse({ wait })
    },
    clear: async (door, who) => {
      const own = scopes(door, who).filter(({ name }) => !name.endsWith('-place'))
      await Promise.all(
        own.flatMap(({ name, id }) => [store.delete(keys.count(name, id)), store.delete(keys.wait(name, id))]),
      )
    },
  }
}
