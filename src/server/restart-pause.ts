const FIRST = 100
const LONGEST = 30_000

/** A worker that served for so long had not been started in vain, milliseconds. */
const LONG_ENOUGH = 60_000

/**
 * How long to wait before a worker that died is replaced, milliseconds: hardly at all the first time, longer each time that
 * its successor dies young, so that a fault which comes back at once does not eat the machine.
 * @param before the wait before the one that died was started; 0 for the first
 * @param lived how long it served
 */
export const restartPause = (before: number, lived: number): number =>
  lived >= LONG_ENOUGH || before === 0 ? FIRST : Math.min(before * 2, LONGEST)
