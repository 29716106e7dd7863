import { addressBlock } from '../lib/address.ts'
import { keyedDigest, type PurposeKey } from '../lib/digest.ts'
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
 * wide, so that a stranger who keeps failing elsewhere does not shut its owner out at once (C-05).
 */
const ACCOUNT_LIMITS: Readonly<Record<Door, Readonly<Record<'pair' | 'account', Limit>>>> = {
  password: {
    pair: { free: 5, window: 15 * MINUTE, wait: MINUTE / 2, longest: 15 * MINUTE },
    account: { free: 20, window: 60 * MINUTE, wait: MINUTE, longest: 15 * MINUTE },
  },
  code: {
    pair: { free: 10, window: 30 * MINUTE, wait: MINUTE, longest: 15 * MINUTE },
    account: { free: 15, window: 60 * MINUTE, wait: MINUTE, longest: 15 * MINUTE },
  },
}

/**
 * One place that tries many names (C-10). Only failures count, and the waits stay short: a whole hospital comes from one
 * address at half past eight.
 */
const PLACE_LIMIT: Limit = { free: 100, window: 15 * MINUTE, wait: MINUTE / 6, longest: MINUTE }

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
   * Counts a try against its account before it is judged, so that parallel tries cannot all slip through, and refuses it
   * when the budget is spent. Every limit must agree.
   */
  admit(door: Door, who: Who): Promise<Result<undefined, Throttled>>
  /** After a wrong answer: counts it against the place it came from. */
  failed(door: Door, who: Who): Promise<void>
  /** After a success: the account's own budgets are whole again; that of the place is not (C-11). */
  clear(door: Door, who: Who): Promise<void>
}

const waitFor = (limit: Limit, count: number): number =>
  count <= limit.free ? 0 : Math.min(limit.longest, limit.wait * 2 ** Math.min(10, count - limit.free - 1))

export const createThrottle = (parts: { store: Store; key: PurposeKey }): Throttle => {
  const { store, key } = parts

  const accountScopes = (door: Door, { realm, login, address }: Who) => [
    {
      name: `${door}-pair`,
      id: keyedDigest(key.current(), realm, login, addressBlock(address)),
      limit: ACCOUNT_LIMITS[door].pair,
    },
    { name: `${door}-account`, id: keyedDigest(key.current(), realm, login), limit: ACCOUNT_LIMITS[door].account },
  ]
  const placeOf = (door: Door, { address }: Who) =>
    [`${door}-place`, keyedDigest(key.current(), addressBlock(address))] as const

  const admitTo = async ({ name, id, limit }: ReturnType<typeof accountScopes>[number]): Promise<number> => {
    const waitKey = keys.wait(name, id)
    const waiting = await store.timeToLive(waitKey)
    if (waiting !== null) return waiting
    const wait = waitFor(limit, await store.increment(keys.count(name, id), limit.window))
    if (wait === 0) return 0
    // Whoever sets the wait is the one try that passes; the others came in the same instant and wait.
    return (await store.set(waitKey, '1', wait, 'if-absent')) ? 0 : wait
  }

  return {
    admit: async (door, who) => {
      const waits = await Promise.all([
        ...accountScopes(door, who).map(admitTo),
        store.timeToLive(keys.wait(...placeOf(door, who))).then((left) => left ?? 0),
      ])
      const wait = Math.max(...waits)
      return wait === 0 ? accept(undefined) : refuse({ wait })
    },
    failed: async (door, who) => {
      const place = placeOf(door, who)
      const wait = waitFor(PLACE_LIMIT, await store.increment(keys.count(...place), PLACE_LIMIT.window))
      if (wait > 0) await store.set(keys.wait(...place), '1', wait)
    },
    clear: async (door, who) => {
      await Promise.all(
        accountScopes(door, who).flatMap(({ name, id }) => [
          store.delete(keys.count(name, id)),
          store.delete(keys.wait(name, id)),
        ]),
      )
    },
  }
}
