import type { HeldList } from './list.ts'

/** The lists as this process has them, by authority. The main process takes care that they are the newest. */
export interface HeldLists {
  of(authority: string): HeldList | undefined
  /** All at once, in place of those before: whoever is being judged is judged by one or the other. */
  take(lists: readonly HeldList[]): void
}

export const createHeldLists = (): HeldLists => {
  let held: ReadonlyMap<string, HeldList> = new Map()
  return {
    of: (authority) => held.get(authority),
    take: (lists) => {
      held = new Map(lists.map((list) => [list.authority, list]))
    },
  }
}
