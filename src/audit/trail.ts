import type { Database } from '../database/open.ts'
import type { AuditTable } from '../database/tables.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { systemRandom, type Random } from '../lib/random.ts'
import type { AuditEvent, AuditTrail } from './events.ts'
import { oneLine } from './one-line.ts'
import { createTableWriter, type TableWriterOptions } from './table-writer.ts'

export interface AuditTrailParts {
  readonly database: Pick<Database, 'db'>
  readonly log: Log
  readonly clock: Clock
  readonly random?: Random
}

/** In the order of writing: time, then this process, then its count, so that a repeated write is recognised. */
const createRowIds = (random: Random): ((at: number) => string) => {
  const process = random.token(9)
  let last = 0
  let count = 0
  return (at) => {
    // A clock that is set back must not shuffle what this process says.
    last = Math.max(last, at)
    count += 1
    return `${last.toString(16).padStart(12, '0')}-${process}-${count.toString(16).padStart(8, '0')}`
  }
}

const rowOf = (id: string, at: number, event: AuditEvent): AuditTable => {
  const field = (value: string | undefined): string | null => (value === undefined ? null : oneLine(value))
  return {
    id,
    at,
    event: event.event,
    site: field(event.site),
    account: field(event.account),
    login: field(event.login),
    way: field(event.way),
    method: field(event.method),
    address: field(event.address),
    session: field(event.session),
    detail: field(event.detail),
    reference: field(event.reference),
  }
}

/**
 * The trail in its two places: a line `audit` in the log at once, for whoever collects logs elsewhere, and a row in the
 * table, a moment later, for the gate's own questions. Neither delays the caller nor throws. The log line is written at
 * level `info`: an instance whose level is higher keeps the table alone.
 */
export const createAuditTrail = (parts: AuditTrailParts, options: TableWriterOptions = {}): AuditTrail => {
  const { database, log, clock, random = systemRandom } = parts
  const nextId = createRowIds(random)
  const append = async (rows: readonly AuditTable[]): Promise<void> => {
    await database.db
      .insertInto('audit')
      .values(rows)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
  }
  const writer = createTableWriter(append, log, options)
  return {
    record: (event) => {
      const at = clock.now()
      const row = rowOf(nextId(at), at, event)
      writer.push(row)
      log.info(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)), 'audit')
    },
    close: () => writer.close(),
  }
}
