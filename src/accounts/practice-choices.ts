import type { Db } from '../database/tables.ts'
import type { Clock } from '../lib/clock.ts'
import { practiceKey, type Practice } from '../policy/practice.ts'

/** What somebody with several practices has chosen to be taken at each sign-in. */
export interface RememberedPractice {
  /** As `practiceKey` makes it. */
  readonly practice: string
  /** The structure as it was called then, or empty. */
  readonly label: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** One remembered choice for each account and site. A database that is away throws `Fault('accounts-unavailable')`. */
export interface RememberedPractices {
  of(account: string, site: string): Promise<RememberedPractice | null>
  /** In place of the one before. */
  remember(account: string, site: string, practice: Practice): Promise<void>
  forget(account: string, site: string): Promise<void>
}

export const createRememberedPractices = ({ db, clock }: { db: Db; clock: Clock }): RememberedPractices => ({
  of: async (account, site) => {
    const row = await db
      .selectFrom('practice_choices')
      .selectAll()
      .where('account', '=', account)
      .where('site', '=', site)
      .executeTakeFirst()
    return row === undefined ? null : { practice: row.practice, label: row.label, since: row.chosen_at }
  },
  remember: async (account, site, practice) => {
    const chosen = { practice: practiceKey(practice), label: practice.structure, chosen_at: clock.now() }
    await db
      .insertInto('practice_choices')
      .values({ account, site, ...chosen })
      // Two tabs of one browser may finish at once.
      .onConflict((conflict) => conflict.columns(['account', 'site']).doUpdateSet(chosen))
      .execute()
  },
  forget: async (account, site) => {
    await db.deleteFrom('practice_choices').where('account', '=', account).where('site', '=', site).execute()
  },
})
