import type { Database } from '../database/open.ts'
import type { Db } from '../database/tables.ts'
import { addMonths, calendarDay, startOfDay } from '../lib/calendar.ts'
import type { Clock } from '../lib/clock.ts'
import type { PurposeKey } from '../lib/digest.ts'
import type { Log } from '../lib/log.ts'
import { systemRandom, type Random } from '../lib/random.ts'
import { purgeDetail } from './chain-check.ts'
import { createChain } from './chain.ts'
import { createEntries } from './entry.ts'

export interface PurgeParts {
  readonly database: Pick<Database, 'db'>
  readonly key: PurposeKey
  readonly log: Log
  readonly clock: Clock
  readonly random?: Random
}

/** Rows removed in one statement, so that no lock is held for long. */
const PORTION = 5_000

/** An event that says it comes from later than this was written by a machine whose clock was wrong, milliseconds. */
const CLOCK_SLACK = 86_400_000

/** Of all nodes, the one that comes first on a day looks for what is too old. */
const isFirstToday = async (db: Db, today: string): Promise<boolean> => {
  const { numUpdatedRows } = await db
    .updateTable('audit_chain')
    .set({ swept_on: today })
    .where('id', '=', 1)
    .where((column) => column.or([column('swept_on', 'is', null), column('swept_on', '<', today)]))
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/**
 * The last event before the first one that must be kept; null when the chain begins with such a one. The chain is cut in
 * one place, so a young event between old ones keeps those after it for a while longer: never too short, hours too long.
 */
const lastTooOld = async (db: Db, limit: number, now: number): Promise<number | null> => {
  const kept = await db
    .selectFrom('audit')
    .select('seq')
    .where('at', '>=', limit)
    .where('at', '<=', now + CLOCK_SLACK)
    .where('seq', '>=', (query) => query.selectFrom('audit_chain').select('first_seq'))
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  const chain = await db.selectFrom('audit_chain').select(['first_seq', 'seq']).executeTakeFirstOrThrow()
  const last = kept === undefined ? chain.seq : kept.seq - 1
  return last < chain.first_seq ? null : last
}

/** What a process that ended in the middle of this has left is removed the next time. */
const removeRows = async (db: Db): Promise<number> => {
  const { first_seq: first } = await db.selectFrom('audit_chain').select('first_seq').executeTakeFirstOrThrow()
  let removed = 0
  for (;;) {
    const rest = await db
      .selectFrom('audit')
      .select(({ fn }) => fn.min('seq').as('seq'))
      .where('seq', '<', first)
      .executeTakeFirst()
    const from = rest?.seq ?? null
    if (from === null) return removed
    const upTo = Math.min(first, from + PORTION)
    const { numDeletedRows } = await db.deleteFrom('audit').where('seq', '<', upTo).executeTakeFirst()
    removed += Number(numDeletedRows)
  }
}

/**
 * Removes what is older than so many months, once a day on one of the nodes. The chain says which events went, and the
 * hash of the last of them: it can be verified as before, and whoever has an export of before can join it on.
 */
export const purge = async (parts: PurgeParts, months: number): Promise<void> => {
  const { database, key, log, clock, random = systemRandom } = parts
  const { db } = database
  const now = clock.now()
  const today = calendarDay(now)
  if (!(await isFirstToday(db, today))) return
  const oldest = addMonths(today, -months)
  const last = await lastTooOld(db, startOfDay(oldest), now)
  if (last !== null) {
    const newEntry = createEntries(random)
    const chain = createChain({ database, key, newEntry, log })
    await chain.begin(last, (first, hash) =>
      newEntry(now, { event: 'audit.purged', detail: purgeDetail(first, last, oldest, hash) }),
    )
  }
  const removed = await removeRows(db)
  if (removed > 0) log.info({ removed, before: oldest }, 'audit trail: old events are removed')
}
