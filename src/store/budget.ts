/** How many tries pass, and how long the next has to wait. Times in milliseconds. */
export interface Budget {
  /** Tries that pass at once. */
  readonly free: number
  /** The first wait after them; it doubles with every further try, up to the longest. */
  readonly wait: number
  readonly longest: number
  /** So long after the last try that passed everything is forgotten. */
  readonly window: number
  /** With so many nothing passes any more before the window is over; without it there is no end of waits. */
  readonly most?: number
}

/** What was spent of a budget. */
export interface Spent {
  readonly count: number
  /** Until the next try can pass; 0 when it can now. */
  readonly wait: number
}

export interface Spending extends Spent {
  /** Whether this try passed, and was counted. */
  readonly passed: boolean
}

const DOUBLINGS = 20

/** How long nobody passes after the try that was counted as this one. */
export const waitAfter = ({ free, wait, longest }: Budget, count: number): number =>
  count <= free ? 0 : Math.min(longest, wait * 2 ** Math.min(DOUBLINGS, count - free - 1))

/** Both stores keep `<count> <until>`: how many have passed, and before which moment (epoch milliseconds) none does. */
const KEPT = /^(\d{1,15}) (\d{1,15})$/

/** What is not a budget is one of which nothing is spent. */
export const readBudget = (kept: string | null | undefined): { readonly count: number; readonly until: number } => {
  const [, count = '0', until = '0'] = KEPT.exec(kept ?? '') ?? []
  return { count: Number(count), until: Number(until) }
}
