import { setTimeout as pause } from 'node:timers/promises'
import { applyLoad } from './load.ts'
import type { Peer } from './peers/peer.ts'
import { memoryOf } from './process-tree.ts'
import type { Scenario } from './scenarios.ts'

/** Seconds. */
const EVERY = 5
/** Seconds: by then code is compiled and the heap has its size. */
const SETTLED = 60

export interface Endurance {
  readonly seconds: number
  readonly requests: number
  readonly unproven: number
  /** Mean resident memory in the second minute, bytes. */
  readonly early: number
  /** In the last minute. */
  readonly late: number
  readonly most: number
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

const LOADS: readonly Scenario[] = (['/', '/20k'] as const).map((path) => ({
  id: path,
  title: path,
  path,
  connections: 16,
  bytes: 0,
  rounds: 1,
}))

/** Small and middle answers together for minutes: whether memory stays what it is. */
export const endure = async (peer: Peer, seconds: number, told: (text: string) => void): Promise<Endurance> => {
  const loads = Promise.all(
    LOADS.map((scenario) => applyLoad(peer, scenario, { warmUp: 1, load: seconds }, () => Promise.resolve())),
  )
  const samples: number[] = []
  for (let at = 0; at < seconds; at += EVERY) {
    await pause(EVERY * 1_000)
    samples.push(memoryOf(...peer.pids).rss)
    if (samples.length % 12 === 0)
      told(`${(at + EVERY) / 60} min: ${((samples.at(-1) ?? 0) / 1_048_576).toFixed(0)} MB resident`)
  }
  const done = await loads
  const minute = SETTLED / EVERY
  return {
    seconds,
    requests: done.reduce((sum, { requests }) => sum + requests, 0),
    unproven: done.reduce((sum, { non2xx, socketErrors }) => sum + non2xx + socketErrors, 0),
    early: mean(samples.slice(minute, 2 * minute)),
    late: mean(samples.slice(-minute)),
    most: Math.max(...samples),
  }
}
