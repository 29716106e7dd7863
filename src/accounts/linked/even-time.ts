import { setTimeout as pause } from 'node:timers/promises'
import type { Result } from '../../lib/result.ts'

/**
 * Longer than a check of a password takes in a directory or table that is well, milliseconds. What such a check costs
 * depends on how each account's password is kept there, which nobody here can even out by work alone (C-02).
 */
const NO_SOONER = 500

/** Gives a refusal no sooner than after a set time, so that quick ones and slow ones look alike. What is right is not held up. */
export const inEvenTime = async <Value, Reason>(
  work: () => Promise<Result<Value, Reason>>,
  noSooner = NO_SOONER,
): Promise<Result<Value, Reason>> => {
  const waited = pause(noSooner, undefined, { ref: false })
  const outcome = await work()
  if (!outcome.ok) await waited
  return outcome
}
