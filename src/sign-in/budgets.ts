import { addressBlock, widerBlock } from '../lib/address.ts'
import { keyedDigest } from '../lib/digest.ts'
import type { Budget } from '../store/budget.ts'
import { keys } from '../store/keys.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/**
 * How much may fail (C-04, C-09, C-10, T-03; NIST SP 800-63B §3.2.2: at most 100 in a row; CNIL 2022-100: growing waits). One
 * budget for every door: a wrong password and a wrong code count alike, and a right password gives back no more than itself.
 */
export const BUDGETS = {
  /** One account from one place. */
  pair: { free: 5, wait: 30 * SECOND, longest: 15 * MINUTE, window: HOUR },
  /** One account from everywhere: wide, so that a stranger who fails elsewhere does not slow its owner down at once (C-05). */
  account: { free: 20, wait: MINUTE, longest: 15 * MINUTE, window: 2 * HOUR },
  /** In a row, however slowly: then only a known browser, a mailed link or the referent opens the account again. */
  run: { free: 100, wait: 0, longest: 0, window: 7 * 24 * HOUR, most: 100 },
  /** One account in one browser that it has signed in with; beyond its end that browser counts like any other. */
  browser: { free: 5, wait: 30 * SECOND, longest: 15 * MINUTE, window: 7 * 24 * HOUR, most: 20 },
  /**
   * Wrong codes of one account, from anywhere. Whoever gets as far has the password, so this locks nobody out for a stranger;
   * and a new password does not end it, or a stolen mailbox would buy tries at the second factor.
   */
  code: { free: 15, wait: MINUTE, longest: 15 * MINUTE, window: 7 * 24 * HOUR, most: 100 },
  /** Failures of one place at any account. The waits stay short: a whole hospital comes from one address at half past eight. */
  place: { free: 100, wait: 10 * SECOND, longest: MINUTE, window: 15 * MINUTE },
  'wide-place': { free: 300, wait: 5 * SECOND, longest: MINUTE, window: 15 * MINUTE },
  /** Failures of a whole site, from however many places: a wave gets one try in ten seconds, known browsers never notice. */
  site: { free: 500, wait: SECOND, longest: 10 * SECOND, window: 15 * MINUTE },
} as const satisfies Readonly<Record<string, Budget>>

export type BudgetName = keyof typeof BUDGETS

/** A budget of somebody, by its name in the store. */
export interface NamedBudget {
  readonly what: BudgetName
  readonly key: string
  readonly budget: Budget
}

export interface Account {
  readonly realm: string
  /** Folded login as typed: an unknown name is limited exactly like a known one (C-01). */
  readonly login: string
}

const named = (what: BudgetName, id: string): NamedBudget => ({
  what,
  key: keys.tries(what, id),
  budget: BUDGETS[what],
})

/** How the budgets of an account are named: by a keyed digest, behind which those of its places and browsers begin. */
export const accountDigest = (secret: Buffer, { realm, login }: Account): string => keyedDigest(secret, realm, login)

export const ofAccount = (secret: Buffer, account: Account, what: 'account' | 'run' | 'code'): NamedBudget =>
  named(what, accountDigest(secret, account))

export const ofPair = (secret: Buffer, account: Account, address: string | undefined): NamedBudget =>
  named('pair', `${accountDigest(secret, account)}.${keyedDigest(secret, addressBlock(address))}`)

export const ofBrowser = (secret: Buffer, account: Account, browser: string): NamedBudget =>
  named('browser', `${accountDigest(secret, account)}.${keyedDigest(secret, browser)}`)

/** Against what a failure counts besides its account. */
export const around = (secret: Buffer, realm: string, address: string | undefined): readonly NamedBudget[] => [
  named('place', keyedDigest(secret, addressBlock(address))),
  named('wide-place', keyedDigest(secret, widerBlock(address))),
  named('site', keyedDigest(secret, 'site', realm)),
]
