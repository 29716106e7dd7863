import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { startPostgres } from '../../kit/postgres.ts'
import { startProcess } from '../../kit/processes.ts'
import type { Tell } from '../crew.ts'
import { cpuOf } from '../process-tree.ts'
import { startUpstream, type Upstream } from '../upstream.ts'
import { HOST } from '../installed-gate.ts'
import type { Person } from './directory.ts'
import { startSignInGate, type SignInGate } from './gate.ts'
import { signIn, type Outcome } from './sign-in.ts'

/** People of the two directories that are compared, and how many of them sign in. */
const SMALL = 100
const LARGE = 100_000
const SIGNING_IN = 100
const AT_ONCE = 4

/** Of the throughput: sign-ins that are under way at the same time, and seconds. */
const CROWD = 16
const SECONDS = 10

/** Beside the data path: sign-ins that come in a second, and requests of somebody who is signed in. */
const OFFERED = 50
const REQUESTS = 300
const WARM_UP = 2

export interface DirectoryCost {
  readonly database: 'PostgreSQL' | 'SQLite'
  readonly people: number
  readonly signIns: number
  /** CPU milliseconds of the gate's own processes for one sign-in. */
  readonly cpu: number
  /** Median time of a whole sign-in, milliseconds. */
  readonly p50: number
}

export interface DataPath {
  readonly requests: number
  readonly wrong: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

export interface SignIns {
  readonly directories: readonly DirectoryCost[]
  readonly perSecond: number
  readonly cpu: number
  readonly p50: number
  readonly p99: number
  readonly quiet: DataPath
  readonly beside: DataPath
  readonly offered: number
  /** A second, beside the data path. */
  readonly done: number
  readonly busy: number
  /** Sign-ins that were neither done nor refused as busy, in all of it. */
  readonly failed: number
}

interface Tally {
  readonly outcomes: Record<Outcome, number>
  readonly times: number[]
}

const tally = (): Tally => ({ outcomes: { 'signed-in': 0, busy: 0, failed: 0 }, times: [] })

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN

const one = async (port: number, person: Person, step: number, { outcomes, times }: Tally): Promise<void> => {
  const begun = performance.now()
  const { outcome } = await signIn(port, person, step)
  outcomes[outcome] += 1
  if (outcome === 'signed-in') times.push(performance.now() - begun)
}

/** So many at a time, until everybody is through or the time is over. */
const inCrowd = async (
  port: number,
  people: readonly Person[],
  { atOnce, step = 0, until = Number.POSITIVE_INFINITY }: { atOnce: number; step?: number; until?: number },
): Promise<Tally> => {
  const result = tally()
  const left = people.values()
  const signInAll = async (): Promise<void> => {
    for (const person of left) {
      if (performance.now() > until) return
      await one(port, person, step, result)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, signInAll))
  return result
}

/** Spread over the whole directory. */
const some = (people: readonly Person[], count: number, offset = 0): readonly Person[] =>
  Array.from(
    { length: count },
    (_, at) => people[(Math.floor((at * people.length) / count) + offset) % people.length],
  ).filter((person) => person !== undefined)

/** The same people three times, by the codes of three steps: the first round is for compilers and caches. */
const costOf = async (
  gate: SignInGate,
  database: DirectoryCost['database'],
): Promise<DirectoryCost & { readonly failed: number }> => {
  const people = some(gate.people, SIGNING_IN)
  const first = await inCrowd(gate.port, people, { atOnce: AT_ONCE, step: -1 })
  const before = cpuOf(gate.pid)
  const rounds = []
  for (const step of [0, 1]) rounds.push(await inCrowd(gate.port, people, { atOnce: AT_ONCE, step }))
  const cpu = cpuOf(gate.pid) - before
  const times = rounds.flatMap((round) => round.times)
  const failed = [first, ...rounds].reduce((sum, { outcomes }) => sum + outcomes.failed + outcomes.busy, 0)
  const signIns = times.length
  return {
    database,
    people: gate.people.length,
    signIns,
    cpu: cpu / signIns / 1_000,
    p50: percentile(times, 0.5),
    failed,
  }
}

const pathSchema = z.object({ requests: z.int(), wrong: z.int(), p50: z.number(), p99: z.number() })

/** Requests of somebody who is signed in, at a steady rate. @param beside what happens meanwhile */
const dataPath = async (port: number, cookie: string, beside: () => Promise<void>): Promise<DataPath> => {
  const settings = {
    url: `http://127.0.0.1:${port}/`,
    headers: { host: HOST, cookie },
    rate: REQUESTS,
    warmUp: WARM_UP,
    seconds: SECONDS,
  }
  const program = resolve(import.meta.dirname, '../programs/steady-load.ts')
  const load = startProcess(process.execPath, [program, JSON.stringify(settings)])
  await load.waitFor(/measuring/)
  await beside()
  const { code } = await load.ended
  if (code !== 0) throw new Error(`the steady load failed: ${load.stderr()}`)
  const { p50, p99, ...counts } = pathSchema.parse(JSON.parse(load.stdout().trim().split('\n').at(-1) ?? ''))
  return { ...counts, p50: p50 / 1_000, p99: p99 / 1_000 }
}

/** So many a second begin, whether or not those before them have ended. */
const offer = async (port: number, people: readonly Person[]): Promise<Tally> => {
  const result = tally()
  const begun = performance.now()
  const all: Promise<void>[] = []
  for (const [at, person] of people.entries()) {
    await pause(Math.max(0, begun + (at * 1_000) / OFFERED - performance.now()))
    all.push(one(port, person, 0, result))
  }
  await Promise.all(all)
  return result
}

const throughput = async (gate: SignInGate, tell: Tell) => {
  const { port, people, pid } = gate
  const [first] = people
  if (first === undefined) throw new Error('nobody is in the directory')
  tell(`sign-ins: ${SECONDS} s as fast as they go`)
  const before = cpuOf(pid)
  const begun = performance.now()
  const crowd = await inCrowd(port, people.slice(1_000, 11_000), { atOnce: CROWD, until: begun + SECONDS * 1_000 })
  const seconds = (performance.now() - begun) / 1_000
  const cpu = (cpuOf(pid) - before) / crowd.times.length / 1_000

  const { visitor, outcome } = await signIn(port, first)
  if (outcome !== 'signed-in') throw new Error(`the person of the data path could not sign in: ${outcome}`)
  tell(`sign-ins: the data path alone, ${REQUESTS} requests/s`)
  const quiet = await dataPath(port, visitor.cookieHeader(), () => Promise.resolve())
  tell(`sign-ins: beside ${OFFERED} sign-ins/s`)
  let offered = tally()
  const beside = await dataPath(port, visitor.cookieHeader(), async () => {
    offered = await offer(port, people.slice(20_000, 20_000 + OFFERED * SECONDS))
  })
  return {
    perSecond: crowd.times.length / seconds,
    cpu,
    p50: percentile(crowd.times, 0.5),
    p99: percentile(crowd.times, 0.99),
    quiet,
    beside,
    offered: OFFERED,
    done: offered.outcomes['signed-in'] / SECONDS,
    busy: offered.outcomes.busy / SECONDS,
    failed: crowd.outcomes.failed + crowd.outcomes.busy + offered.outcomes.failed,
  }
}

const withGate = async <Value>(
  upstream: Upstream,
  database: string | null,
  count: number,
  use: (gate: SignInGate) => Promise<Value>,
): Promise<Value> => {
  const gate = await startSignInGate(upstream, database, count)
  try {
    return await use(gate)
  } finally {
    await gate.stop()
  }
}

/** What sign-ins by password and application cost, in directories of two sizes, and what the data path feels of them. */
export const measureSignIns = async (tell: Tell): Promise<SignIns> => {
  const [upstream, postgres] = await Promise.all([startUpstream(), startPostgres()])
  const costs: Awaited<ReturnType<typeof costOf>>[] = []
  try {
    for (const database of ['SQLite', 'PostgreSQL'] as const) {
      const address = async () => (database === 'SQLite' ? null : postgres.addDatabase())
      tell(`sign-ins: ${database}, ${SMALL} people`)
      costs.push(await withGate(upstream, await address(), SMALL, (gate) => costOf(gate, database)))
      tell(`sign-ins: ${database}, ${LARGE.toLocaleString('en')} people`)
      costs.push(await withGate(upstream, await address(), LARGE, (gate) => costOf(gate, database)))
    }
    const url = await postgres.addDatabase()
    const rest = await withGate(upstream, url, LARGE, (gate) => throughput(gate, tell))
    const failed = costs.reduce((sum, cost) => sum + cost.failed, rest.failed)
    return { ...rest, failed, directories: costs.map(({ failed: _, ...cost }) => cost) }
  } finally {
    await postgres.stop()
    await upstream.stop()
  }
}
