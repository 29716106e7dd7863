import { availableParallelism } from 'node:os'
import { applyLoad, type Times } from './load.ts'
import type { Peer } from './peers/peer.ts'
import { cpuOf, cpuOfMachine, memoryOf, type Memory } from './process-tree.ts'
import type { Scenario } from './scenarios.ts'
import type { Upstream } from './upstream.ts'

export interface Measurement {
  readonly peer: string
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** CPU microseconds of the peer's own processes for one request. */
  readonly cpu: number
  /** Right after the load. */
  readonly memory: Memory
  /** Answers that were not shown to be a 200 of the application for the right person. */
  readonly unproven: number
  /** Commands that the peer gave to its Redis, for one request; null where it has none. */
  readonly storeCommands: number | null
  /** Share of all cores that other processes used meanwhile. */
  readonly disturbance: number
}

interface Reading {
  readonly peer: number
  /** This process and all that it started: peers, application, load. */
  readonly ours: number
  readonly all: number
  readonly arrived: number
  readonly storeCommands: number | null
}

const read = async (peer: Peer, upstream: Upstream): Promise<Reading> => {
  const arrived = await upstream.arrived()
  const storeCommands = (await peer.storeCommands?.()) ?? null
  return { peer: cpuOf(...peer.pids), ours: cpuOf(process.pid), all: cpuOfMachine(), arrived, storeCommands }
}

/** Answers, counted by what has arrived of them: of long ones many are not complete when the time is over. */
const answersOf = (scenario: Scenario, load: { requests: number; bytes: number }): number =>
  Math.max(load.requests, Math.floor(load.bytes / (scenario.bytes + HEAD)))

/** More than the header section of an answer: an incomplete answer is never counted as one. */
const HEAD = 1_000

/** One measurement of one peer. */
export const measureOnce = async (
  peer: Peer,
  upstream: Upstream,
  scenario: Scenario,
  times: Times,
): Promise<Measurement> => {
  let before: Reading | undefined
  const load = await applyLoad(peer, scenario, times, async () => {
    before = await read(peer, upstream)
  })
  if (before === undefined) throw new Error('the load has not begun')
  const memory = memoryOf(...peer.pids)
  const after = await read(peer, upstream)
  const answers = answersOf(scenario, load)
  // A WebSocket is one request to the application, however many messages go over it; each echo proves itself.
  const lost = scenario.path === '/echo' ? 0 : load.requests - load.non2xx - (after.arrived - before.arrived)
  const others = after.all - before.all - (after.ours - before.ours)
  return {
    peer: peer.name,
    requestsPerSecond: (answers * 1_000_000) / load.microseconds,
    p50: load.p50 / 1_000,
    p99: load.p99 / 1_000,
    cpu: (after.peer - before.peer) / answers,
    memory,
    unproven: load.non2xx + load.socketErrors + Math.max(0, lost),
    storeCommands:
      after.storeCommands === null || before.storeCommands === null
        ? null
        : (after.storeCommands - before.storeCommands) / answers,
    disturbance: Math.max(0, others / (load.microseconds * availableParallelism())),
  }
}

/** Beyond this share of the machine used by others a measurement is worth taking again. */
const QUIET = 0.05
const TRIES = 3

/** How much time may still be spent on taking measurements again. */
export interface Patience {
  /** Seconds. */
  left: number
}

/** Of up to three tries the first quiet one, else the quietest: what decides is the machine, never the result. */
export const measure = async (
  peer: Peer,
  upstream: Upstream,
  scenario: Scenario,
  times: Times,
  patience: Patience,
): Promise<Measurement> => {
  const tries = [await measureOnce(peer, upstream, scenario, times)]
  while (tries.every(({ disturbance }) => disturbance > QUIET) && tries.length < TRIES && patience.left > 0) {
    patience.left -= times.warmUp + times.load
    tries.push(await measureOnce(peer, upstream, scenario, times))
  }
  return tries.reduce((best, next) => (next.disturbance < best.disturbance ? next : best))
}
