import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Head } from './chain.ts'

/** What the log line is called; `portillon audit verify --heads` looks for it. */
export const HEAD_LINE = 'audit head'

const EVERY = 60_000

/**
 * Says in the log where the chain ends, once a minute while it grows and when the process ends. Whoever keeps the log
 * elsewhere can prove with these lines that nothing before them was changed, and that nothing was cut off at the end:
 * the one thing that the table itself cannot tell of somebody who rules over database and keys.
 */
export const createHeadLines = (log: Log, clock: Clock) => {
  let reached: Head | undefined
  let toldAt = -Infinity
  const tell = (): void => {
    if (reached === undefined) return
    const { seq, hash } = reached
    log.info({ seq, hash }, HEAD_LINE)
    reached = undefined
    toldAt = clock.now()
  }
  return {
    reached: (head: Head): void => {
      reached = head
      if (Math.abs(clock.now() - toldAt) >= EVERY) tell()
    },
    close: tell,
  }
}
