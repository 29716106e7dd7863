import type { Clock } from '../../lib/clock.ts'

/** Failures in a row after which a provider is left alone for a while. */
const FAILURES = 3
/** For so long nobody waits for it, milliseconds; then one call finds out. */
const PAUSE = 20_000

/**
 * Keeps people from waiting for a provider that does not answer: after some failures in a row it is told at once, and now
 * and then one call finds out whether it is back.
 */
export interface Circuit {
  /** Whether a call may be made now; for one caller after each pause. */
  admits(): boolean
  /** The same without taking the turn. */
  isOpen(): boolean
  succeeded(): void
  failed(): void
}

export const createCircuit = ({ clock }: { readonly clock: Clock }): Circuit => {
  let failures = 0
  let until = Number.NEGATIVE_INFINITY
  const isOpen = () => failures >= FAILURES && clock.now() < until
  return {
    isOpen,
    admits: () => {
      if (isOpen()) return false
      // Whoever comes next waits for what this one finds.
      if (failures >= FAILURES) until = clock.now() + PAUSE
      return true
    },
    succeeded: () => {
      failures = 0
    },
    failed: () => {
      failures += 1
      if (failures >= FAILURES) until = clock.now() + PAUSE
    },
  }
}
