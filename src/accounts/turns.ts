import { Fault } from '../lib/errors.ts'

export type InTurn = <Value>(work: () => Promise<Value>) => Promise<Value>

/**
 * Runs at most `concurrency` pieces of work at once, in the order of arrival. Where `waiting` more wait already, the next
 * one is `Fault('accounts-unavailable')` at once: a flood must not pile up.
 */
export const createTurns = (concurrency: number, waiting: number): InTurn => {
  const queue: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= concurrency) {
      if (queue.length >= waiting) throw new Fault('accounts-unavailable', 'too many password checks are waiting')
      // Whoever finishes hands its place over, so that nobody who comes later can slip in between.
      await new Promise<void>((resume) => queue.push(resume))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
