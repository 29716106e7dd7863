import { codeOf } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import type { AuditEntry } from './entry.ts'
import type { TrailFigures } from './events.ts'

export interface TableWriterOptions {
  /** How long the first event of a batch waits for company, milliseconds. */
  readonly gather?: number
  /** The first wait after a failed write; doubled at each further one, up to thirty times this. Milliseconds. */
  readonly retry?: number
  /** Events kept in memory while the table cannot be written. */
  readonly capacity?: number
  /** How long closing waits for the table, milliseconds. */
  readonly closing?: number
}

export interface TableWriter {
  push(entry: AuditEntry): void
  figures(): TrailFigures
  close(): Promise<void>
}

const BATCH = 500
const LONGEST_RETRY = 30

/**
 * Appends rows behind the caller's back: in order, in batches, again and again until the table takes them. While it does
 * not, one error opens the outage in the log and one line ends it; beyond `capacity` the newest rows are left out of the
 * table and counted, for the beginning of an incident tells more than its end. They stay in the log, as every event does.
 * @param append must recognise entries that it was given before: a write whose answer was lost is repeated
 */
export const createTableWriter = (
  append: (entries: readonly AuditEntry[]) => Promise<void>,
  log: Log,
  { gather = 20, retry = 1_000, capacity = 20_000, closing = 5_000 }: TableWriterOptions = {},
): TableWriter => {
  const queue: AuditEntry[] = []
  let failures = 0
  let leftOut = 0
  let leftOutEver = 0
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  const tellOutage = (thrown: unknown): void => {
    failures += 1
    if (failures > 1) return
    const cause = thrown instanceof Error ? thrown.message : 'unknown'
    log.error({ code: codeOf(thrown), cause }, 'audit trail: the table cannot be written; events wait in memory')
  }

  const tellRecovery = (): void => {
    if (failures > 0) log.warn({ failures, leftOut }, 'audit trail: the table is written again')
    failures = 0
    leftOut = 0
  }

  const writeAll = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.slice(0, BATCH)
      try {
        await append(batch)
      } catch (thrown) {
        tellOutage(thrown)
        return
      }
      queue.splice(0, batch.length)
      tellRecovery()
    }
  }

  const start = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    writing ??= writeAll().finally(() => {
      writing = undefined
      if (queue.length > 0 && !closed) wait(retry * Math.min(2 ** (failures - 1), LONGEST_RETRY))
    })
    return writing
  }

  const wait = (delay: number): void => {
    timer ??= setTimeout(() => void start(), delay)
  }

  const leaveOut = (): void => {
    leftOut += 1
    leftOutEver += 1
    if (leftOut > 1) return
    const why = closed ? 'it is closed' : 'memory is full'
    log.error({ capacity }, `audit trail: ${why}; further events are in the log only`)
  }

  return {
    push: (entry) => {
      if (closed || queue.length >= capacity) {
        leaveOut()
        return
      }
      queue.push(entry)
      if (writing === undefined) wait(gather)
    },
    figures: () => ({ waiting: queue.length, leftOut: leftOutEver }),
    close: async () => {
      closed = true
      let limit: NodeJS.Timeout | undefined
      const over = new Promise<void>((resolve) => (limit = setTimeout(resolve, closing)))
      // What is being written now may have begun before the last event came.
      await Promise.race([start().then(start), over])
      clearTimeout(limit)
      const unwritten = queue.length + leftOut
      if (unwritten > 0) log.error({ unwritten }, 'audit trail: closed with events that are in the log only')
    },
  }
}
