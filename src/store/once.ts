import type { Store } from './store.ts'

/**
 * Things that work once: mailed codes, tickets, links. Taking is one atomic operation of the store, reading and deleting
 * in the same step, so among any number of callers on any number of nodes at most one gets the value (T-02). A caller whose
 * answer is lost (`store-unavailable`) must treat the thing as used: whether it was taken is not known.
 */
export interface Once {
  /** Lays the value down for `ttl` milliseconds. A value already there is replaced: only the newest works (T-06). */
  put(key: string, value: string, ttl: number): Promise<void>
  /** The value, for the first caller; null for every other, and when it was never there or is over. */
  take(key: string): Promise<string | null>
}

/** @param store keys are made by `keys` of store/keys.ts; values hold hashes, never the code or token itself (S-21) */
export const createOnce = (store: Store): Once => ({
  put: async (key, value, ttl) => {
    await store.set(key, value, ttl)
  },
  take: (key) => store.take(key),
})
