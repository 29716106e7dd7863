import type { Measurement } from './measure.ts'

/** What the gate may cost, against two peers measured in the same run (DESIGN: the hot path). */
export const TARGETS = [
  { against: 'bare nginx', atMost: 6, text: 'at most 6 times the CPU of bare nginx' },
  { against: 'obvious wiring', atMost: 1 / 5, text: 'at most a fifth of the CPU of the obvious wiring' },
] as const

export interface Row {
  readonly peer: string
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p99: number
  readonly cpu: number
  /** (max - min) / median of the CPU time. */
  readonly spread: number
  /** CPU time as a multiple of that of another peer, by its name: median of the ratios within each round. */
  readonly ratios: Readonly<Record<string, number>>
  readonly memory: number
  readonly unproven: number
  readonly disturbance: number
}

export interface Target {
  readonly text: string
  readonly measured: number
  readonly met: boolean
}

export interface Report {
  readonly rows: readonly Row[]
  readonly targets: readonly Target[]
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const [low = 0, high = 0] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]]
  return (low + high) / 2
}

/** @param rounds the measurements of each round, one per peer */
export const summarize = (rounds: readonly (readonly Measurement[])[]): Report => {
  const of = (peer: string) => rounds.flatMap((round) => round.filter((measurement) => measurement.peer === peer))
  const peers = [...new Set(rounds.flat().map(({ peer }) => peer))]
  const cpuOf = (peer: string) => of(peer).map(({ cpu }) => cpu)
  const ratio = (peer: string, other: string) => {
    const others = cpuOf(other)
    return median(cpuOf(peer).map((cpu, round) => cpu / (others[round] ?? Number.NaN)))
  }
  const rows = peers.map((peer): Row => {
    const all = of(peer)
    const middle = (field: 'requestsPerSecond' | 'p50' | 'p99' | 'cpu' | 'memory') =>
      median(all.map((one) => one[field]))
    const cpus = cpuOf(peer)
    return {
      peer,
      requestsPerSecond: middle('requestsPerSecond'),
      p50: middle('p50'),
      p99: middle('p99'),
      cpu: middle('cpu'),
      spread: (Math.max(...cpus) - Math.min(...cpus)) / middle('cpu'),
      ratios: Object.fromEntries(peers.map((other) => [other, ratio(peer, other)])),
      memory: middle('memory'),
      unproven: all.reduce((sum, { unproven }) => sum + unproven, 0),
      disturbance: Math.max(...all.map(({ disturbance }) => disturbance)),
    }
  })
  const gate = rows.find(({ peer }) => peer === 'Portillon')
  const targets = TARGETS.flatMap(({ against, atMost, text }): Target[] => {
    const measured = gate?.ratios[against]
    return measured === undefined ? [] : [{ text, measured, met: measured <= atMost }]
  })
  return { rows, targets }
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`

const COLUMNS: readonly (readonly [title: string, cell: (row: Row) => string])[] = [
  ['peer', (row) => row.peer],
  ['CPU µs/request', (row) => row.cpu.toFixed(1)],
  ['spread', (row) => percent(row.spread)],
  ['× bare nginx', (row) => row.ratios['bare nginx']?.toFixed(1) ?? '-'],
  ['× obvious wiring', (row) => row.ratios['obvious wiring']?.toFixed(2) ?? '-'],
  ['requests/s', (row) => row.requestsPerSecond.toFixed(0)],
  ['p50 ms', (row) => row.p50.toFixed(2)],
  ['p99 ms', (row) => row.p99.toFixed(2)],
  ['RSS MB', (row) => (row.memory / 1_048_576).toFixed(0)],
  ['unproven', (row) => String(row.unproven)],
  ['others', (row) => percent(row.disturbance)],
]

/** The report as an aligned table and one line per target. */
export const formatReport = ({ rows, targets }: Report): string => {
  const cells = [COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))]
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)))
  const table = cells.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  const verdicts = targets.map(
    ({ text, measured, met }) => `${met ? 'met' : 'NOT MET'}: ${text} (measured: ${measured.toFixed(2)} times)`,
  )
  return [...table, '', ...verdicts].join('\n')
}
