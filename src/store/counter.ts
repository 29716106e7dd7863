import type { Store } from './store.ts'

/** Counts failures, mails and tries within a window, exactly also when many add at once on several nodes (T-03, C-06). */
export interface Counter {
  /** Adds one and answers the count, this one included. The window, in milliseconds, starts with the first and is fixed. */
  add(key: string, window: number): Promise<number>
  /** The count so far; 0 when nothing was counted or the window is over. */
  read(key: string): Promise<number>
  reset(key: string): Promise<void>
}

/** @param store keys are made by `keys.count`; an unreachable store throws, so a limit never silently stops counting */
export const createCounter = (store: Store): Counter => ({
  add: (key, window) => store.increment(key, window),
  read: async (key) => Number((await store.get(key)) ?? 0),
  reset: async (key) => {
    await store.delete(key)
  },
})
