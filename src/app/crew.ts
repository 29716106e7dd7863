import type { ChildProcess } from 'node:child_process'
import { hashesAtOnce } from '../accounts/hash-threads.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { NOTHING_CUT, type Cut, type DrainOptions } from '../server/draining.ts'
import type { CardLists } from '../methods/cps/lists/keep-lists.ts'
import { cardListHealth, isSound, joinParts, type Health } from '../server/health.ts'
import { cardListFigures, figuresText, workerFigures } from '../server/metrics.ts'
import type { Remote } from '../server/worker-channel.ts'
import { watchPulse } from '../server/worker-pulse.ts'
import { createTurnDealer } from '../server/machine-turns.ts'
import { createWorkers } from '../server/workers.ts'
import type { Entrances } from './serving.ts'
import type { InForce, WorkerCalls } from './worker-calls.ts'

type Worker = Remote<WorkerCalls>

export interface CrewParts {
  readonly inForce: InForce
  readonly entrances: Entrances
  /** Makes a worker process that does nothing yet. */
  readonly spawn: () => ChildProcess
  /** Of revoked cards: kept here, used by the workers. */
  readonly cardLists: Pick<CardLists, 'current' | 'watch' | 'states' | 'isReady'>
  readonly clock: Clock
  readonly log: Log
}

/** The workers of an instance, as one. */
export interface Crew {
  /** @throws what kept a worker from serving @returns the port of visitors */
  start(): Promise<number>
  inForce(): InForce
  health(): Promise<Omit<Health, 'draining'>>
  /** The figures of all, in the text form of Prometheus. */
  figures(): Promise<string>
  /** New settings, in all workers or, when one of them cannot use them, in none. @throws why (O-07) */
  renew(next: InForce): Promise<void>
  retire(): void
  end(options: DrainOptions): Promise<Cut>
}

/** Longer than a worker waits for what it asks itself, milliseconds. */
const PATIENCE = 4_000

/** What opening everything may take on a machine that is just starting, milliseconds. */
const STARTING = 60_000

/** What closing may take beside the requests in flight: mail, audit trail, connections; milliseconds. */
const CLOSING = 15_000

const sumOf = (cuts: readonly Cut[]): Cut =>
  cuts.reduce((sum, { requests, webSockets }) => ({
    requests: sum.requests + requests,
    webSockets: sum.webSockets + webSockets,
  }))

/** The answers of those who answer. */
const given = async <Answer>(asked: readonly Promise<Answer>[]): Promise<Answer[]> =>
  (await Promise.allSettled(asked)).flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))

/** Workers that compute hashes in turn: together they leave a core to the data path, as one process would. */
const dealtTo = (spawn: () => ChildProcess): (() => ChildProcess) => {
  const turns = createTurnDealer(hashesAtOnce(1))
  return () => {
    const child = spawn()
    turns.serve(child)
    return child
  }
}

export const createCrew = ({ inForce: first, entrances, spawn, cardLists, clock, log }: CrewParts): Crew => {
  let inForce = first
  let port = 0

  const take = async (worker: Worker, next: InForce): Promise<void> => {
    await worker.ask('prepare', next)
    await worker.ask('commit', undefined)
  }
  const begin = async (worker: Worker): Promise<void> => {
    let taken = inForce
    const lists = cardLists.current()
    port = await worker.ask('start', { inForce: taken, entrances, cardLists: lists }, STARTING)
    // Both may have been renewed while this one was starting.
    if (lists !== cardLists.current()) await worker.ask('takeCardLists', cardLists.current())
    while (taken !== inForce) {
      taken = inForce
      await take(worker, taken)
    }
  }
  const count = first.loaded.config.workers
  const workers = createWorkers<WorkerCalls>({ count, spawn: dealtTo(spawn), begin, clock, log })

  const patience = (): number => inForce.loaded.config['worker-silence']
  const endPulse = watchPulse({
    workers: () => workers.ready(),
    ask: (worker) => worker.ask('turns', undefined),
    patience,
    onSilent: (worker) => {
      const fields = { pid: workers.kill(worker), silence: patience() }
      log.error(fields, 'a worker does not answer: it is ended, and another one takes its place')
    },
  })

  cardLists.watch((lists) => {
    for (const worker of workers.ready()) worker.ask('takeCardLists', lists).catch(() => undefined)
  })

  /** A worker that cannot do what the others have done is replaced by one that begins with it. */
  const orReplace = (worker: Worker, done: Promise<void>): Promise<void> =>
    done.catch((thrown: unknown) => {
      log.error({ err: thrown }, 'a worker does not take up the new settings')
      workers.kill(worker)
    })

  const renew = async (next: InForce): Promise<void> => {
    const asked = workers.ready()
    const prepared = await Promise.allSettled(asked.map((worker) => worker.ask('prepare', next)))
    const failed = prepared.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) {
      for (const worker of asked) worker.ask('discard', undefined).catch(() => undefined)
      throw failed.reason
    }
    inForce = next
    const late = workers.ready().filter((worker) => !asked.includes(worker))
    await Promise.all([
      ...asked.map((worker) => orReplace(worker, worker.ask('commit', undefined))),
      ...late.map((worker) => orReplace(worker, take(worker, next))),
    ])
  }

  return {
    start: async () => {
      await workers.start()
      return port
    },
    inForce: () => inForce,
    health: async () => {
      const answers = await given(workers.ready().map((worker) => worker.ask('health', undefined, PATIENCE)))
      const parts = joinParts(answers)
      const ready = answers.length === count && isSound(parts) && cardLists.isReady()
      return { ready, parts, ...cardListHealth(cardLists.states()), workers: { ready: answers.length, of: count } }
    },
    figures: async () => {
      const answers = await given(workers.ready().map((worker) => worker.ask('figures', undefined, PATIENCE)))
      const own = await workerFigures({ ready: answers.length, restarts: workers.restarts() })
      return figuresText([...answers, own, await cardListFigures(cardLists.states())])
    },
    renew,
    retire: () => {
      for (const worker of workers.ready()) worker.ask('retire', undefined).catch(() => undefined)
    },
    end: async (options) => {
      // What still hangs then is ended at the limit.
      endPulse()
      const cuts = await workers.stop((worker) => worker.ask('end', options), options.limit + CLOSING)
      return sumOf([NOTHING_CUT, ...cuts])
    },
  }
}
