import type { AccountsTable, Db } from '../database/tables.ts'
import { forgetRemembered } from './devices-forgotten.ts'

export interface PasswordWrite {
  readonly account: string
  /** Null: none is right any more, until another is set. */
  readonly hash: string | null
  readonly mustChange: boolean
  /** How many former ones are kept: `password.history` of the site. */
  readonly keep: number
  readonly now: number
  /**
   * When given, it is written only if the account is open and its password is still the one that was set then: of two who
   * change it at once one wins, and whoever proved a password that is no longer in force changes nothing.
   */
  readonly formerSetAt?: number | null
}

/** Puts the present password among the former ones, and forgets those that are too many. */
const remember = async (db: Db, row: AccountsTable, keep: number): Promise<void> => {
  const { id, password_hash: hash, password_set_at: setAt } = row
  if (keep > 0 && hash !== null && setAt !== null) {
    await db
      .insertInto('password_history')
      .values({ account: id, set_at: setAt, hash })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  const kept = await db
    .selectFrom('password_history')
    .select('set_at')
    .where('account', '=', id)
    .orderBy('set_at', 'desc')
    .execute()
  const oldest = keep === 0 ? undefined : kept.at(keep - 1)
  if (kept.length <= keep) return
  await db
    .deleteFrom('password_history')
    .where('account', '=', id)
    .where('set_at', '<', oldest?.set_at ?? Number.MAX_SAFE_INTEGER)
    .execute()
}

/**
 * Writes a new password and remembers the former one. Whatever changes a password passes here, so that remembered devices end
 * with it (R25). @returns the account, or null when nothing was written
 */
export const writePassword = (db: Db, write: PasswordWrite): Promise<AccountsTable | null> =>
  db.transaction().execute(async (transaction) => {
    const { account, hash, mustChange, keep, now, formerSetAt } = write
    const row = await transaction.selectFrom('accounts').selectAll().where('id', '=', account).executeTakeFirst()
    if (row === undefined) return null
    // Always later than the former one, so that the moment names the password.
    const setAt = Math.max(now, (row.password_set_at ?? 0) + 1)
    const update = transaction
      .updateTable('accounts')
      .set({ password_hash: hash, password_set_at: setAt, password_must_change: mustChange ? 1 : 0, updated_at: now })
      .where('id', '=', account)
    const guarded =
      formerSetAt === undefined
        ? update
        : update
            .where('password_set_at', formerSetAt === null ? 'is' : '=', formerSetAt)
            .where('disabled_at', 'is', null)
    const written = await guarded.returningAll().executeTakeFirst()
    if (written === undefined) return null
    await remember(transaction, row, keep)
    await forgetRemembered(transaction, account)
    return written
  })
