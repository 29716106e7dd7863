import { Fault } from '../lib/errors.ts'

/** The short cause of a driver's error for the log: its code where it has one, for its text can quote stored values. */
export const causeOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return 'unknown'
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.message
}

/**
 * What every failure of a driver becomes, whatever it was: an unreachable database must never look like an unknown account
 * (E-04, Q-07). The driver's own error stays beside it as the cause.
 */
export const databaseFault = (thrown: unknown): Fault =>
  thrown instanceof Fault
    ? thrown
    : new Fault('accounts-unavailable', `database: ${causeOf(thrown)}`, { cause: thrown })
