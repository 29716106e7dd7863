import type { Db } from '../database/tables.ts'
import { calendarDay } from '../lib/calendar.ts'
import type { Period } from './read.ts'

/** How many calls of a partner had a result on a day. */
export interface CallCount {
  readonly site: string
  /** `-`: nobody who is registered. */
  readonly partner: string
  /** In Paris. */
  readonly day: string
  /** `accepted`, `opened`, or why not. */
  readonly result: string
  readonly calls: number
}

const RESULTS: Readonly<Record<string, string>> = { 'call.accepted': 'accepted', 'call.opened': 'opened' }

/** Reads `<partner> patient:<digest> <reason> …`, as the pages of a call write it. */
const read = (event: string, detail: string | null): readonly [partner: string, result: string] => {
  const [partner = '-', , reason = 'unknown'] = (detail ?? '').split(' ')
  return [partner, RESULTS[event] ?? reason]
}

/** Calls by partner, day and result: numbers alone, no user and no patient. */
export const countCalls = async (db: Db, { since, until }: Period, site?: string): Promise<readonly CallCount[]> => {
  let query = db
    .selectFrom('audit')
    .select(['site', 'event', 'at', 'detail', 'times'])
    .where('at', '>=', since)
    .where('at', '<', until)
    .where('event', 'in', ['call.accepted', 'call.refused', 'call.opened'])
  if (site !== undefined) query = query.where('site', '=', site)
  const counts = new Map<string, CallCount>()
  for (const row of await query.execute()) {
    const [partner, result] = read(row.event, row.detail)
    const day = calendarDay(row.at)
    const key = JSON.stringify([row.site, partner, day, result])
    const calls = (counts.get(key)?.calls ?? 0) + (row.times ?? 1)
    counts.set(key, { site: row.site ?? '', partner, day, result, calls })
  }
  const order = ({ site: of, partner, day, result }: CallCount) => `${of}\0${partner}\0${day}\0${result}`
  return [...counts.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1))
}
