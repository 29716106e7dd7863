/** A step takes what the step before produced and gives the next one its input, or null when it ended the exchange. */
export type Step<In, Out> = (input: In) => Out | null | Promise<Out | null>

/**
 * Joins steps in the order in which they are written. Steps that need not wait cost no promise: most requests pass the
 * whole table in one turn of the event loop.
 * @param onFault hears whatever a step throws or rejects with, and how far the exchange had come: what that step was given.
 *   It must end the exchange
 */
export function chain<A, B, C, D, E, F, G, H, I, J, K, L>(
  onFault: (reached: unknown, thrown: unknown) => void,
  a: Step<A, B>,
  b: Step<B, C>,
  c: Step<C, D>,
  d: Step<D, E>,
  e: Step<E, F>,
  f: Step<F, G>,
  g: Step<G, H>,
  h: Step<H, I>,
  i: Step<I, J>,
  j: Step<J, K>,
  k: Step<K, L>,
): (input: A) => void
export function chain<A, B, C, D, E, F, G, H, I, J, K, L, M, N>(
  onFault: (reached: unknown, thrown: unknown) => void,
  a: Step<A, B>,
  b: Step<B, C>,
  c: Step<C, D>,
  d: Step<D, E>,
  e: Step<E, F>,
  f: Step<F, G>,
  g: Step<G, H>,
  h: Step<H, I>,
  i: Step<I, J>,
  j: Step<J, K>,
  k: Step<K, L>,
  l: Step<L, M>,
  m: Step<M, N>,
): (input: A) => void
export function chain<A>(
  onFault: (reached: unknown, thrown: unknown) => void,
  ...steps: Step<unknown, unknown>[]
): (input: A) => void {
  const run = async (given: unknown, pending: Promise<unknown>, from: number): Promise<void> => {
    let value = given
    try {
      value = await pending
      for (let at = from; at < steps.length && value !== null; at += 1) value = await steps[at]?.(value)
    } catch (thrown) {
      onFault(value, thrown)
    }
  }
  return (input) => {
    let value: unknown = input
    try {
      for (let at = 0; at < steps.length && value !== null; at += 1) {
        const next = steps[at]?.(value)
        if (next instanceof Promise) {
          void run(value, next, at + 1)
          return
        }
        value = next
      }
    } catch (thrown) {
      onFault(value, thrown)
    }
  }
}
