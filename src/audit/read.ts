import type { AuditTable, Db } from '../database/tables.ts'
import { recordOf } from './canonical.ts'
import type { Head } from './chain.ts'
import type { Link } from './chain-check.ts'

const PAGE = 2_000

export const linkOf = (row: AuditTable): Link => ({
  seq: row.seq,
  record: recordOf(row),
  hash: row.hash,
  seal: row.seal,
})

/** A stretch of the chain, both ends in it. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** The events of a stretch, a page at a time: no table is too long, and nothing is held between two pages. */
export async function* readStretch(db: Db, { from, to }: Stretch): AsyncGenerator<readonly Link[]> {
  for (let next = from; next <= to;) {
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .where('seq', '>=', next)
      .where('seq', '<=', to)
      .orderBy('seq')
      .limit(PAGE)
      .execute()
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map(linkOf)
    next = last.seq + 1
  }
}

/** Moments, the first in, the last out; milliseconds since the epoch. */
export interface Period {
  readonly since: number
  readonly until: number
}

/**
 * The stretch that holds every event of a period. Several processes write, so that an event of another moment may stand
 * between them: it is part of the stretch, which would be no chain without it. Null when nothing happened then.
 */
export const stretchOf = async (db: Db, { since, until }: Period): Promise<Stretch | null> => {
  const found = await db
    .selectFrom('audit')
    .select(({ fn }) => [fn.min('seq').as('from'), fn.max('seq').as('to')])
    .where('at', '>=', since)
    .where('at', '<', until)
    .where('seq', '>=', (query) => query.selectFrom('audit_chain').select('first_seq'))
    .executeTakeFirst()
  const { from = null, to = null } = found ?? {}
  return from === null || to === null ? null : { from, to }
}

export const hasEvents = async (db: Db): Promise<boolean> =>
  (await db.selectFrom('audit_chain').select('seq').executeTakeFirstOrThrow()).seq > 0

/** The end of the chain as it was at a place; undefined when the event is missing. */
export const headAt = async (db: Db, seq: number): Promise<Head | undefined> => {
  const chain = await db.selectFrom('audit_chain').selectAll().executeTakeFirstOrThrow()
  if (seq === chain.first_seq - 1) return { seq, hash: chain.before_first }
  return db.selectFrom('audit').select(['seq', 'hash']).where('seq', '=', seq).executeTakeFirst()
}
