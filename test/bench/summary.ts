import type { CardCost } from './cards/measure.ts'
import type { Endurance } from './endurance.ts'
import type { Idle } from './idle.ts'
import type { Measurement } from './measure.ts'
import type { Crew, Scenario } from './scenarios.ts'
import type { SignIns } from './sign-ins/measure.ts'
import type { Calls } from './calls/measure.ts'

/** One peer in one scenario: medians over the rounds. */
export interface Row {
  readonly peer: string
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p99: number
  readonly cpu: number
  /** (max - min) / median of the CPU time. */
  readonly spread: number
  /** CPU time as a multiple of that of another peer, by its name: median of the ratios within each round. */
  readonly cpuRatios: Readonly<Record<string, number>>
  /** The same for the time in which half of the answers were there. */
  readonly timeRatios: Readonly<Record<string, number>>
  readonly rss: number
  readonly pss: number
  readonly unproven: number
  readonly storeCommands: number | null
  readonly disturbance: number
}

export interface Table {
  readonly crew: Crew
  readonly scenario: Scenario
  readonly rounds: number
  readonly rows: readonly Row[]
}

/** Everything that one run has measured. */
export interface Results {
  readonly tables: readonly Table[]
  /** A text where it could not be measured. */
  readonly idle?: Idle | string
  readonly endurance?: Endurance
  readonly cards?: CardCost
  readonly signIns?: SignIns
  readonly calls?: Calls
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ]
  return (low + high) / 2
}

/** @param rounds the measurements of each round, one a peer */
export const summarize = (rounds: readonly (readonly Measurement[])[]): readonly Row[] => {
  const of = (peer: string) => rounds.flatMap((round) => round.filter((measurement) => measurement.peer === peer))
  const peers = [...new Set(rounds.flat().map(({ peer }) => peer))]
  const ratios = (peer: string, value: (measurement: Measurement) => number) =>
    Object.fromEntries(
      peers.map((other) => {
        const others = of(other).map(value)
        return [other, median(of(peer).map((measurement, round) => value(measurement) / (others[round] ?? Number.NaN)))]
      }),
    )
  return peers.map((peer): Row => {
    const all = of(peer)
    const middle = (value: (measurement: Measurement) => number) => median(all.map(value))
    const cpus = all.map(({ cpu }) => cpu)
    const commands = all.flatMap(({ storeCommands }) => storeCommands ?? [])
    return {
      peer,
      requestsPerSecond: middle(({ requestsPerSecond }) => requestsPerSecond),
      p50: middle(({ p50 }) => p50),
      p99: middle(({ p99 }) => p99),
      cpu: middle(({ cpu }) => cpu),
      spread: (Math.max(...cpus) - Math.min(...cpus)) / median(cpus),
      cpuRatios: ratios(peer, ({ cpu }) => cpu),
      timeRatios: ratios(peer, ({ p50 }) => p50),
      rss: middle(({ memory }) => memory.rss),
      pss: middle(({ memory }) => memory.pss),
      unproven: all.reduce((sum, { unproven }) => sum + unproven, 0),
      storeCommands: commands.length === 0 ? null : Math.max(...commands),
      disturbance: Math.max(...all.map(({ disturbance }) => disturbance)),
    }
  })
}
