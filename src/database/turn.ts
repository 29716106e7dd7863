/** Something that one at a time may have, in the order of asking. */
export interface Turn {
  /** @throws {Error} when it was not free within the limit */
  take(): Promise<void>
  release(): void
}

/** @param limit how long anybody waits, milliseconds */
export const createTurn = (limit: number): Turn => {
  let isTaken = false
  const waiting = new Set<() => void>()
  return {
    take: () =>
      new Promise((go, refuse) => {
        if (!isTaken) {
          isTaken = true
          go()
          return
        }
        const next = (): void => {
          clearTimeout(timer)
          waiting.delete(next)
          go()
        }
        const timer = setTimeout(() => {
          waiting.delete(next)
          refuse(new Error(`not free within ${limit} ms`))
        }, limit)
        waiting.add(next)
      }),
    release: () => {
      const [next] = waiting
      if (next === undefined) isTaken = false
      else next()
    },
  }
}
