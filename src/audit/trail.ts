import type { Database } from '../database/open.ts'
import type { Clock } from '../lib/clock.ts'
import type { PurposeKey } from '../lib/digest.ts'
import type { Log } from '../lib/log.ts'
import { systemRandom, type Random } from '../lib/random.ts'
import { recordOf } from './canonical.ts'
import { createChain } from './chain.ts'
import { createDamper, type DamperOptions } from './dampen.ts'
import { createEntries } from './entry.ts'
import type { AuditEvent, AuditTrail, TrailFigures } from './events.ts'
import { createHeadLines } from './head-lines.ts'
import { createTableWriter, type TableWriterOptions } from './table-writer.ts'

export interface AuditTrailParts {
  readonly database: Pick<Database, 'db'>
  /** Seals the chain: the purpose key `audit-trail`. */
  readonly key: PurposeKey
  readonly log: Log
  readonly clock: Clock
  readonly random?: Random
}

export interface RunningTrail extends AuditTrail {
  figures(): TrailFigures
}

/**
 * The trail in its two places: a line `audit` in the log at once, for whoever collects logs elsewhere, and a row of the
 * chain in the table, a moment later. Both have the same fields. Neither delays the caller nor throws. The log line is
 * written at level `info`: an instance whose level is higher keeps the table alone.
 */
export const createAuditTrail = (
  { database, key, log, clock, random = systemRandom }: AuditTrailParts,
  options: TableWriterOptions & DamperOptions = {},
): RunningTrail => {
  const newEntry = createEntries(random)
  const chain = createChain({ database, key, newEntry, log })
  const heads = createHeadLines(log, clock)
  const writer = createTableWriter(async (entries) => heads.reached(await chain.append(entries)), log, options)
  const write = (event: AuditEvent): void => {
    const entry = newEntry(clock.now(), event)
    writer.push(entry)
    log.info(recordOf(entry), 'audit')
  }
  const damper = createDamper(write, options)
  return {
    record: (event) => {
      try {
        if (damper.admit(event)) write(event)
      } catch (thrown) {
        // What is being recorded must be answered all the same: a refusal above all (O-08).
        log.error({ err: thrown, event: event.event, reference: event.reference }, 'an event could not be recorded')
      }
    },
    figures: () => writer.figures(),
    close: async () => {
      damper.close()
      await writer.close()
      heads.close()
    },
  }
}
