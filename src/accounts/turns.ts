import { Fault } from '../lib/errors.ts'

/** Runs a piece of work in its turn. @param from whose it is: turns are dealt round between those who wait */
export type InTurn = <Value>(work: () => Promise<Value>, from?: string) => Promise<Value>

export interface TurnFigures {
  readonly running: number
  readonly waiting: number
  /** Since the start. */
  readonly refused: number
}

interface Waiting {
  readonly resume: () => void
  readonly refuse: (fault: Fault) => void
}

const busy = (): Fault => new Fault('sign-in-busy', 'too many password checks are waiting')

/** Those who wait, by whom they belong to; everybody has one turn in each round. */
const createRounds = () => {
  const lines = new Map<string, Waiting[]>()
  let size = 0

  const longest = (): string | undefined => {
    let [name, most]: [string | undefined, number] = [undefined, 0]
    for (const [from, { length }] of lines) if (length > most) [name, most] = [from, length]
    return name
  }

  return {
    size: () => size,
    lengthOf: (from: string) => lines.get(from)?.length ?? 0,
    add: (from: string, waiting: Waiting): void => {
      const line = lines.get(from) ?? []
      lines.set(from, line)
      line.push(waiting)
      size += 1
    },
    /** The first of whoever's turn it is; they then stand behind everybody else. */
    next: (): Waiting | undefined => {
      const [first] = lines
      if (first === undefined) return undefined
      const [from, line] = first
      const waiting = line.shift()
      lines.delete(from)
      if (line.length > 0) lines.set(from, line)
      size -= 1
      return waiting
    },
    /** Takes away the newest of whoever has most, if they have more than one more than somebody with so many. */
    dropBeyond: (count: number): Waiting | undefined => {
      const from = longest()
      const line = from === undefined ? undefined : lines.get(from)
      if (line === undefined || line.length <= count + 1) return undefined
      size -= 1
      return line.pop()
    },
  }
}

/**
 * Runs at most `concurrency` pieces of work at once; those that wait take turns by whom they come from, each line in the order
 * of its arrival. Where `waiting` wait already, the next one is `Fault('sign-in-busy')` at once, or the newest of whoever
 * has the longest line: a flood must neither pile up nor push everybody else out.
 */
export const createTurns = (concurrency: number, waiting: number): InTurn & { readonly figures: () => TurnFigures } => {
  const rounds = createRounds()
  let running = 0
  let refused = 0

  const wait = (from: string): Promise<void> => {
    if (rounds.size() >= waiting) {
      refused += 1
      const dropped = rounds.dropBeyond(rounds.lengthOf(from))
      if (dropped === undefined) return Promise.reject(busy())
      dropped.refuse(busy())
    }
    return new Promise<void>((resume, refuse) => rounds.add(from, { resume, refuse }))
  }

  const inTurn: InTurn = async (work, from = '') => {
    // Whoever finishes hands its place over, so that nobody who comes later can slip in between.
    if (running >= concurrency) await wait(from)
    else running += 1
    try {
      return await work()
    } finally {
      const next = rounds.next()
      if (next === undefined) running -= 1
      else next.resume()
    }
  }
  return Object.assign(inTurn, { figures: () => ({ running, waiting: rounds.size(), refused }) })
}
