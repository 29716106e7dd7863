import { availableParallelism } from 'node:os'
import { applyLoad } from './load.ts'
import type { Peer } from './peers/peer.ts'
import { cpuOf, cpuOfMachine, memoryOf } from './process-tree.ts'
import type { Upstream } from './upstream.ts'

export interface Measurement {
  readonly peer: string
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** CPU microseconds of the peer's own processes for one request. */
  readonly cpu: number
  /** Bytes, right after the load. */
  readonly memory: number
  /** Answers that were not shown to be a 200 of the application for the right person. */
  readonly unproven: number
  /** Share of all cores that other processes used meanwhile. */
  readonly disturbance: number
}

export interface Times {
  /** Seconds. */
  readonly warmUp: number
  readonly load: number
}

/** Beyond this share of the machine used by others a measurement is taken again. */
const QUIET = 0.05
const TRIES = 3

const measureOnce = async (peer: Peer, upstream: Upstream, { warmUp, load: seconds }: Times): Promise<Measurement> => {
  await applyLoad(peer, warmUp)
  const arrivedBefore = await upstream.arrived()
  const before = { peer: cpuOf(peer.pid), upstream: cpuOf(upstream.pid), self: cpuOf(process.pid), all: cpuOfMachine() }
  const load = await applyLoad(peer, seconds)
  // wrk is a child of this process and has ended: its time is counted in ours.
  const used = {
    peer: cpuOf(peer.pid) - before.peer,
    upstream: cpuOf(upstream.pid) - before.upstream,
    self: cpuOf(process.pid) - before.self,
    all: cpuOfMachine() - before.all,
  }
  const memory = memoryOf(peer.pid)
  const arrived = (await upstream.arrived()) - arrivedBefore
  const others = used.all - used.peer - used.upstream - used.self
  return {
    peer: peer.name,
    requestsPerSecond: (load.requests * 1_000_000) / load.microseconds,
    p50: load.p50 / 1_000,
    p99: load.p99 / 1_000,
    cpu: used.peer / load.requests,
    memory,
    unproven: load.non2xx + load.socketErrors + Math.max(0, load.requests - load.non2xx - arrived),
    disturbance: Math.max(0, others / (load.microseconds * availableParallelism())),
  }
}

/** Of up to three tries the first quiet one, else the quietest: what decides is the machine, never the result. */
export const measure = async (peer: Peer, upstream: Upstream, times: Times): Promise<Measurement> => {
  const tries: Measurement[] = []
  while (tries.length < TRIES) {
    const measurement = await measureOnce(peer, upstream, times)
    if (measurement.disturbance <= QUIET) return measurement
    tries.push(measurement)
  }
  return tries.reduce((best, next) => (next.disturbance < best.disturbance ? next : best))
}
