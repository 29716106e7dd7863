import type { PurposeKey } from '../lib/digest.ts'
import { keys } from '../store/keys.ts'
import type { Budget } from '../store/budget.ts'
import type { Store } from '../store/store.ts'
import { accountDigest, BUDGETS, type Account, type BudgetName } from './budgets.ts'

/** How long somebody is let in whatever fails around them: time enough to sign in while they are on the telephone. */
export const LET_IN = 15 * 60_000

/** More places and browsers than anybody fails from; what is beyond ends by itself. */
const MOST_KEYS = 10_000

/** One budget of an account that something is spent of. */
export interface Wait {
  /** `account`: from everywhere; `run`: in a row; `code`: of codes; `pair`: from one place; `browser`: in a known browser. */
  readonly what: Extract<BudgetName, 'account' | 'run' | 'code' | 'pair' | 'browser'>
  readonly count: number
  /** Milliseconds until the next try passes; 0 when it would now. */
  readonly wait: number
  /** So many are in a row that waiting does not help. */
  readonly isClosed: boolean
}

export interface Waits {
  of(account: Account): Promise<readonly Wait[]>
  /** Makes every budget of an account whole, and lets it in for a while; how many were spent of. */
  end(account: Account): Promise<number>
}

const KINDS: readonly Wait['what'][] = ['run', 'account', 'code', 'pair', 'browser']

/** What an operator sees and ends. It walks the store: for commands only. */
export const createWaits = ({ store, key }: { store: Store; key: PurposeKey }): Waits => {
  const namesOf = async (account: Account) => {
    const digest = accountDigest(key.current(), account)
    const found = await Promise.all(
      KINDS.map(async (what) => {
        const names = await store.scan(keys.tries(what, digest), MOST_KEYS)
        return names.map((name) => ({ what, name }))
      }),
    )
    return found.flat()
  }
  return {
    of: async (account) => {
      const all = await namesOf(account)
      const waits = await Promise.all(
        all.map(async ({ what, name }): Promise<Wait> => {
          const budget: Budget = BUDGETS[what]
          const { most = Number.POSITIVE_INFINITY } = budget
          const { count, wait } = await store.spent(name, budget)
          return { what, count, wait, isClosed: count >= most }
        }),
      )
      return waits.filter(({ count }) => count > 0)
    },
    end: async (account) => {
      const all = await namesOf(account)
      const ended = await Promise.all(all.map(({ name }) => store.delete(name)))
      await store.set(keys.letIn(accountDigest(key.current(), account)), '1', LET_IN)
      return ended.filter(Boolean).length
    },
  }
}
