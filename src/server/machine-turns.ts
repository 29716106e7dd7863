import type { ChildProcess } from 'node:child_process'

/**
 * Turns of work that all processes of an instance share because they share a machine: the main process deals them, over
 * the channel that Node puts between a process and its child. Nobody else can write on it.
 */

interface Said {
  readonly turn: 'wanted' | 'given' | 'over'
  readonly number: number
}

const isSaid = (message: unknown): message is Said =>
  typeof message === 'object' && message !== null && 'turn' in message && 'number' in message

interface Asked {
  readonly child: ChildProcess
  readonly number: number
}

export interface TurnDealer {
  /** Deals to this worker too, until it ends; what it holds then goes to others. */
  serve(child: ChildProcess): void
}

/** The main process's end. @param count turns that are out at the same time */
export const createTurnDealer = (count: number): TurnDealer => {
  const waiting: Asked[] = []
  const given = new Map<ChildProcess, Set<number>>()
  let out = 0

  const deal = (): void => {
    while (out < count) {
      const next = waiting.shift()
      if (next === undefined) return
      out += 1
      given.get(next.child)?.add(next.number)
      next.child.send({ turn: 'given', number: next.number } satisfies Said, () => undefined)
    }
  }
  const takeBack = (child: ChildProcess, number: number): void => {
    if (given.get(child)?.delete(number) !== true) return
    out -= 1
    deal()
  }

  return {
    serve: (child) => {
      given.set(child, new Set())
      child.on('message', (message: unknown) => {
        if (!isSaid(message)) return
        const { turn, number } = message
        const isWaiting = waiting.findIndex((asked) => asked.child === child && asked.number === number)
        if (turn === 'wanted') waiting.push({ child, number })
        // Whoever did not wait any longer needs none.
        else if (turn === 'over' && isWaiting !== -1) waiting.splice(isWaiting, 1)
        else if (turn === 'over') takeBack(child, number)
        deal()
      })
      child.once('exit', () => {
        const left = waiting.filter((asked) => asked.child !== child)
        waiting.splice(0, waiting.length, ...left)
        for (const number of given.get(child) ?? []) takeBack(child, number)
        given.delete(child)
      })
    },
  }
}

/** Runs a piece of work in a turn of the machine. */
export type InMachineTurn = <Value>(work: () => Promise<Value>) => Promise<Value>

/** A process without others beside it needs no turn. */
export const withoutTurns: InMachineTurn = (work) => work()

/**
 * How long a turn is waited for, milliseconds: then the work is done without one. The limit spares others, it protects
 * nothing, and a sign-in must not hang on it.
 */
const PATIENCE = 10_000

/** The worker's end. */
export const createMachineTurns = (patience = PATIENCE): InMachineTurn => {
  const waiting = new Map<number, () => void>()
  let count = 0
  process.on('message', (message: unknown) => {
    if (isSaid(message) && message.turn === 'given') waiting.get(message.number)?.()
  })
  const say = (turn: 'wanted' | 'over', number: number): void => {
    process.send?.({ turn, number } satisfies Said, () => undefined)
  }

  return async (work) => {
    const number = (count += 1)
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, patience)
      waiting.set(number, () => {
        clearTimeout(late)
        resolve()
      })
      say('wanted', number)
    })
    waiting.delete(number)
    try {
      return await work()
    } finally {
      say('over', number)
    }
  }
}
