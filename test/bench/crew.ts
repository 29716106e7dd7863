import { availableParallelism } from 'node:os'
import { applyLoad, type Times } from './load.ts'
import { measure, type Measurement, type Patience } from './measure.ts'
import type { Options } from './options.ts'
import type { Peer } from './peers/peer.ts'
import { SMALL, type Crew, type Scenario } from './scenarios.ts'
import { summarize, type Table } from './summary.ts'
import { ECHO, startUpstream, type Upstream } from './upstream.ts'
import { verify } from './verify.ts'

/** How a run goes on, for whoever watches. */
export type Tell = (text: string) => void

interface Ground {
  readonly crew: Crew
  readonly peers: readonly Peer[]
  readonly upstream: Upstream
  readonly times: Times
  readonly patience: Patience
  readonly tell: Tell
}

/** The same peers, beginning with another one each round. */
const rotate = (peers: readonly Peer[], round: number): readonly Peer[] =>
  peers.map((_, index) => peers[(index + round) % peers.length]).filter((peer) => peer !== undefined)

const sayOf = ({ peer, cpu, unproven, disturbance }: Measurement): string =>
  `${peer}: ${cpu.toFixed(1)} µs CPU a request` +
  (unproven > 0 ? `, ${unproven} UNPROVEN` : '') +
  (disturbance >= 0.05 ? ` (others took ${(100 * disturbance).toFixed(0)} % of the machine)` : '')

const measureScenario = async (ground: Ground, scenario: Scenario): Promise<Table> => {
  const { crew, upstream, times, patience, tell } = ground
  const peers = ground.peers.filter(({ carriesWebSockets }) => scenario.path !== ECHO || carriesWebSockets)
  const rounds: Measurement[][] = []
  for (let round = 0; round < scenario.rounds; round += 1) {
    const measurements: Measurement[] = []
    for (const peer of rotate(peers, round)) {
      const measurement = await measure(peer, upstream, scenario, times, patience)
      tell(`${crew} ${scenario.id} ${round + 1}/${scenario.rounds} ${sayOf(measurement)}`)
      measurements.push(measurement)
    }
    rounds.push(measurements)
  }
  return { crew, scenario, rounds: rounds.length, rows: summarize(rounds) }
}

/** What compilers need to see of a program before its figures are those of a server that has been running. */
const RUN_IN = { requests: 30_000, seconds: 12 }

const runIn = async (peer: Peer, scenario: Scenario): Promise<void> => {
  const until = performance.now() + RUN_IN.seconds * 1_000
  for (let requests = 0; requests < RUN_IN.requests && performance.now() < until;) {
    const load = await applyLoad(peer, scenario, { warmUp: 1, load: 2 }, () => Promise.resolve())
    requests += load.requests
  }
}

/**
 * Starts all peers with so many workers, proves each, measures them in every scenario, proves again, and stops them whatever
 * happened.
 */
export const measureCrew = async (
  crew: Crew,
  { peers: starts, scenarios, times }: Options,
  patience: Patience,
  tell: Tell,
): Promise<readonly Table[]> => {
  if (scenarios[crew].length === 0) return []
  const upstream = await startUpstream()
  const peers: Peer[] = []
  const tables: Table[] = []
  try {
    for (const start of starts[crew]) {
      const peer = await start(upstream, crew === 'one' ? 1 : availableParallelism())
      peers.push(peer)
      tell(`${crew} ${peer.name}: ${peer.description}; ${await verify(peer)} proofs`)
      await runIn(peer, SMALL)
    }
    const ground = { crew, peers, upstream, times, patience, tell }
    for (const scenario of scenarios[crew]) tables.push(await measureScenario(ground, scenario))
    for (const peer of peers) await verify(peer)
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()))
    await upstream.stop()
  }
  return tables
}
