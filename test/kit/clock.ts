import type { Clock } from '../../src/lib/clock.ts'
import { parseDuration } from '../../src/lib/duration.ts'

/** A clock that stands still until the test moves it. */
export interface ManualClock extends Clock {
  /** Forward by milliseconds or by a duration as in policies, `10m`. */
  advance(by: number | string): void
  /** To a moment, also backwards (a corrected server clock). */
  set(to: number | string | Date): void
}

/** @param start where it stands first, ISO 8601 or milliseconds; the default is a Thursday morning in winter, UTC */
export const createManualClock = (start: number | string = '2026-01-15T09:00:00Z'): ManualClock => {
  let now = new Date(start).getTime()
  return {
    now: () => now,
    advance: (by) => {
      const milliseconds = typeof by === 'number' ? by : parseDuration(by)
      if (milliseconds === undefined || !(milliseconds >= 0)) throw new RangeError(`not a step forward: ${by}`)
      now += milliseconds
    },
    set: (to) => {
      now = new Date(to).getTime()
    },
  }
}
