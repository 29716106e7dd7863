/** Milliseconds since the Unix epoch. Passed in everywhere so that tests own the time. */
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
