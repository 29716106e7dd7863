import type { Db } from '../database/tables.ts'
import type { Link } from './chain-check.ts'
import type { EventName } from './events.ts'
import { linkOf, type Period } from './read.ts'

/** What is looked for; what is left out is not asked. */
export interface Search {
  /** One of these accounts, or this login where there is no account of it (any more). */
  readonly who?: { readonly accounts: readonly string[]; readonly login: string }
  readonly reference?: string
  readonly events?: readonly EventName[]
  readonly site?: string
  readonly period?: Period
  /** So many of the latest. */
  readonly last: number
}

/** The latest events that answer to everything that is asked, the latest first. */
export const searchTrail = async (db: Db, search: Search): Promise<readonly Link[]> => {
  const { who, reference, events, site, period, last } = search
  let query = db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(last)
  if (who !== undefined) {
    const { accounts, login } = who
    query = query.where((column) =>
      accounts.length > 0 ? column('account', 'in', accounts) : column('login', '=', login),
    )
  }
  if (reference !== undefined) query = query.where('reference', '=', reference)
  if (events !== undefined) query = query.where('event', 'in', events)
  if (site !== undefined) query = query.where('site', '=', site)
  if (period !== undefined) query = query.where('at', '>=', period.since).where('at', '<', period.until)
  return (await query.execute()).map(linkOf)
}
