import type { Db } from '../database/tables.ts'
import type { Clock } from '../lib/clock.ts'
import { writePassword } from './password-write.ts'

export interface PasswordToInvalidate {
  readonly realm: string
  readonly account: string
  /** How many former ones the site refuses: the one that goes is among them. */
  readonly keep: number
}

/**
 * Makes a password worthless that the gate keeps; a link for a new one that is under way dies with it, another can be asked
 * for. @returns false where the password is kept elsewhere
 */
export const invalidatePassword = async (
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  { realm, account, keep }: PasswordToInvalidate,
): Promise<boolean> => {
  const row = await db
    .selectFrom('accounts')
    .select('id')
    .where('realm', '=', realm)
    .where('id', '=', account)
    .where('source', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return false
  const written = await writePassword(db, { account, hash: null, mustChange: false, keep, now: clock.now() })
  return written !== null
}
