import { addressBlock } from '../lib/address.ts'
import type { PurposeKey } from '../lib/digest.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import { keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'
import { accountDigest, around, ofAccount, ofBrowser, ofPair, type Account, type NamedBudget } from './budgets.ts'
import type { KnownBrowsers } from './known-browsers.ts'

/** What names the budgets: the gate and the operator's commands must make the same. */
export const THROTTLE_PURPOSE = 'throttle'

/** What is being guessed: a code is asked for only after a right password. */
export type Door = 'password' | 'code'

export interface Who extends Account {
  readonly address: string | undefined
  /** What the browser shows of earlier sign-ins. */
  readonly shown: string | undefined
}

export interface Throttled {
  /** Milliseconds until the next try can pass. */
  readonly wait: number
  /**
   * `tries`: of this account from here. `run`: too many in a row, waiting does not help. `place`: of others at this place.
   * `site`: a wave of failures on the whole site.
   */
  readonly because: 'tries' | 'run' | 'place' | 'site'
}

/** A try that was let through, and counted; told what became of it. */
export interface Try {
  /** Who asks, where many wait for their turn: a browser that the account knows, or a place. */
  readonly from: string
  /** It was wrong: it stays counted, against its place and its site as well. Names whose budget has just come to its end. */
  failed(): Promise<readonly ('place' | 'site')[]>
  /** It was right, or nobody could judge it: it is as if it had not been. */
  giveBack(): Promise<void>
}

export interface Throttle {
  /**
   * Counts a try before it is judged, so that parallel tries cannot all slip through, and refuses it when a budget is spent.
   * A browser that shows an earlier sign-in of this account has a budget of its own, which nobody else can spend (C-05).
   */
  admit(door: Door, who: Who): Promise<Result<Try, Throttled>>
  /** A try at a door that is never shut, « Mot de passe oublié »: it counts against its place and site. */
  failed(who: Pick<Who, 'realm' | 'address'>): Promise<readonly ('place' | 'site')[]>
  /**
   * After everything of a sign-in was right, or a new password was set by a mailed link: the account's own budgets are whole
   * again; those of the place and the site are not (C-11), nor is that of its codes.
   */
  clear(who: Who): Promise<void>
  /** After a right code. */
  clearCodes(who: Account): Promise<void>
}

interface Counted extends NamedBudget {
  readonly count: number
}

/** Counts a try against budgets, one after the other; when one refuses, those before it get it back. */
const spendAll = async (
  store: Store,
  budgets: readonly NamedBudget[],
): Promise<Result<readonly Counted[], Throttled>> => {
  const counted: Counted[] = []
  for (const named of budgets) {
    const { passed, count, wait } = await store.spend(named.key, named.budget)
    if (!passed) {
      await giveBackAll(store, counted)
      const isRun = count >= (named.budget.most ?? Number.POSITIVE_INFINITY)
      return refuse({ wait, because: isRun ? 'run' : 'tries' })
    }
    counted.push({ ...named, count })
  }
  return accept(counted)
}

const giveBackAll = async (store: Store, counted: readonly Counted[]): Promise<void> => {
  await Promise.all(counted.map(({ key, count }) => store.giveBack(key, count)))
}

export const createThrottle = (parts: { store: Store; key: PurposeKey; known: KnownBrowsers }): Throttle => {
  const { store, key, known } = parts

  /** Only failures count there, so that it is asked before and told after. */
  const waitAround = async (who: Who): Promise<Throttled | null> => {
    if ((await store.get(keys.letIn(accountDigest(key.current(), who)))) !== null) return null
    const named = around(key.current(), who.realm, who.address)
    const waits = await Promise.all(
      named.map(async ({ what, key: name, budget }) => ({ what, wait: (await store.spent(name, budget)).wait })),
    )
    const longest = waits.reduce((most, next) => (next.wait > most.wait ? next : most))
    return longest.wait === 0 ? null : { wait: longest.wait, because: longest.what === 'site' ? 'site' : 'place' }
  }

  const failedAround: Throttle['failed'] = async ({ realm, address }) => {
    const spent = await Promise.all(
      around(key.current(), realm, address).map(async ({ what, key: name, budget }) => {
        const { passed, count } = await store.spend(name, budget)
        return passed && count === budget.free + 1 ? [what === 'site' ? ('site' as const) : ('place' as const)] : []
      }),
    )
    return [...new Set(spent.flat())]
  }

  const tryOf = (from: string, counted: readonly Counted[], failed: Try['failed']): Try => ({
    from,
    failed,
    giveBack: () => giveBackAll(store, counted),
  })

  /** By the budget of a browser that the account knows; null when it has come to its end. */
  const admitKnown = async (who: Who, browser: string, codes: readonly NamedBudget[]) => {
    const own = ofBrowser(key.current(), who, browser)
    const { count } = await store.spent(own.key, own.budget)
    if (count >= (own.budget.most ?? Number.POSITIVE_INFINITY)) return null
    const spent = await spendAll(store, [own, ...codes])
    return spent.ok ? accept(tryOf(own.key, spent.value, () => Promise.resolve([]))) : spent
  }

  return {
    admit: async (door, who) => {
      const secret = key.current()
      const codes = door === 'code' ? [ofAccount(secret, who, 'code')] : []
      const browser = known.recognise(who.shown, who)
      const admitted = browser === null ? null : await admitKnown(who, browser, codes)
      if (admitted !== null) return admitted
      // Whoever is asked for a code has proved a password, and is none of the wave of others.
      const elsewhere = door === 'code' ? null : await waitAround(who)
      if (elsewhere !== null) return refuse(elsewhere)
      const own = [
        ofPair(secret, who, who.address),
        ...(['account', 'run'] as const).map((what) => ofAccount(secret, who, what)),
      ]
      const spent = await spendAll(store, [...own, ...codes])
      return spent.ok ? accept(tryOf(addressBlock(who.address), spent.value, () => failedAround(who))) : spent
    },
    failed: failedAround,
    clear: async (who) => {
      const secret = key.current()
      const browser = known.recognise(who.shown, who)
      const own = [
        ofPair(secret, who, who.address),
        ofAccount(secret, who, 'account'),
        ofAccount(secret, who, 'run'),
        ...(browser === null ? [] : [ofBrowser(secret, who, browser)]),
      ]
      await Promise.all(own.map(({ key: name }) => store.delete(name)))
    },
    clearCodes: async (who) => {
      await store.delete(ofAccount(key.current(), who, 'code').key)
    },
  }
}
