import { createLog, type AdjustableLog } from '../lib/log.ts'
import { NOTHING_CUT } from '../server/draining.ts'
import { createMachineTurns } from '../server/machine-turns.ts'
import { answerCalls } from '../server/worker-channel.ts'
import { LEAVING } from '../server/workers.ts'
import { startServing, type Serving } from './serving.ts'
import { settingsOf } from './settings-of.ts'
import type { InForce, WorkerCalls } from './worker-calls.ts'

/** How long requests in flight may take in a process that a stray fault has shaken, milliseconds. */
const LEAVE_WITHIN = 5_000

/** Exit status after a stray fault: EX_SOFTWARE of sysexits(3). */
export const SHAKEN = 70

interface Work {
  readonly serving: Serving
  readonly log: AdjustableLog
  inForce: InForce
}

/** How long requests in flight may take when the main process is gone. */
const drainOf = ({ inForce }: Work): number => inForce.loaded.config.drain

/**
 * A fault that no request owns: what this process holds can no longer be trusted. It takes nobody in any more, lets what it
 * has come to an end, and is replaced meanwhile (O-08).
 */
const leaveOnStrayFaults = (work: () => Work | null): void => {
  let isLeaving = false
  const leave = (kind: string) => (thrown: unknown) => {
    const { serving, log } = work() ?? {}
    log?.error({ kind, err: thrown }, 'a fault outside any request: this worker ends')
    if (isLeaving) return
    isLeaving = true
    process.send?.(LEAVING, () => undefined)
    const ended = serving?.end({ limit: LEAVE_WITHIN, overlap: false }) ?? Promise.resolve()
    ended.catch(() => undefined).finally(() => process.exit(SHAKEN))
  }
  process.on('uncaughtException', leave('exception'))
  process.on('unhandledRejection', leave('rejection'))
}

/**
 * Does what the main process asks until that takes the channel away. Signals are the main process's affair: a terminal and
 * some service managers send them to every process of the group.
 */
export const runWorker = (): void => {
  let work: Work | null = null
  let prepared: { readonly next: InForce; readonly use: () => void } | null = null
  let hasEnded = false
  // One for the process: new settings change nothing of the machine.
  const inMachineTurn = createMachineTurns()
  const working = (): Work => {
    if (work === null) throw new Error('this worker has not been started')
    return work
  }

  answerCalls<WorkerCalls>({
    start: async ({ inForce, entrances, cardLists }) => {
      const log = createLog(inForce.loaded.config.log.level)
      const settings = { ...settingsOf(inForce.loaded, log, inForce.ticketKeys), inMachineTurn }
      const serving = await startServing(settings, entrances, cardLists)
      work = { serving, log, inForce }
      return serving.port
    },
    takeCardLists: (lists) => working().serving.foundations.cardLists.take(lists),
    turns: () => undefined,
    health: () => working().serving.health(),
    figures: () => working().serving.foundations.metrics.figures(),
    prepare: async (next) => {
      const { serving, log } = working()
      prepared = { next, use: await serving.prepare(settingsOf(next.loaded, log, next.ticketKeys)) }
    },
    commit: () => {
      if (prepared === null) throw new Error('nothing was prepared')
      prepared.use()
      working().log.setLevel(prepared.next.loaded.config.log.level)
      working().inForce = prepared.next
      prepared = null
    },
    discard: () => {
      prepared = null
    },
    retire: () => work?.serving.retire(),
    end: async (options) => {
      hasEnded = true
      return (await work?.serving.end(options)) ?? NOTHING_CUT
    },
  })

  leaveOnStrayFaults(() => work)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  process.once('disconnect', () => {
    if (work === null || hasEnded) process.exit()
    work.log.error({}, 'the main process is gone: this worker ends')
    void work.serving.end({ limit: drainOf(work), overlap: false }).finally(() => process.exit())
  })
}
