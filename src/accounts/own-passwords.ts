import type { AccountsTable, Db } from '../database/tables.ts'
import type { Clock } from '../lib/clock.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { Account } from './directory.ts'
import { loginKey } from './login-key.ts'
import type { PasswordHasher } from './password-hash.ts'
import type { PasswordFacts } from './password-obligation.ts'
import { unmetPasswordRules, type PasswordContext, type PasswordRule } from './password-rules.ts'
import { writePassword } from './password-write.ts'
import { accountOf } from './record.ts'

/** An account and what is known of its password, without the password. */
export interface PasswordHolder extends PasswordFacts {
  readonly account: Account
}

/** Why a password was not replaced. */
export type ReplaceRefusal =
  | { readonly reason: 'unmet'; readonly rules: readonly PasswordRule[] }
  /** It is the present one, or one of those before that the site remembers. */
  | { readonly reason: 'same' | 'former' }
  /** The account was closed, or its password changed, since it was looked up; or the caller did not let it be written. */
  | { readonly reason: 'outdated' }

/**
 * Passwords that people change by themselves: those that the gate keeps in its own table. Throws
 * `Fault('accounts-unavailable')` with the database.
 */
export interface OwnPasswords {
  /** Only asks whether the table answers. */
  ready(): Promise<void>
  /** Whatever the state of the account; null for an unknown login. */
  findByLogin(realm: string, login: string): Promise<PasswordHolder | null>
  findById(realm: string, id: string): Promise<PasswordHolder | null>
  /**
   * Judges a new password by the rules of the site and puts it in the place of the one that `holder` was found with.
   * @param mayWrite asked once, when nothing is wrong with it: what works once is taken then
   */
  replace(
    holder: PasswordHolder,
    password: string,
    site: PasswordContext['site'],
    mayWrite?: () => Promise<boolean>,
  ): Promise<Result<PasswordHolder, ReplaceRefusal>>
}

const holderOf = (row: AccountsTable): PasswordHolder => ({
  account: accountOf(row),
  passwordSetAt: row.password_set_at,
  passwordMustChange: row.password_must_change !== 0,
})

export const createOwnPasswords = (
  db: Db,
  { hasher, clock }: { hasher: PasswordHasher; clock: Clock },
): OwnPasswords => {
  // What lives in a directory or another application's table has its password there.
  const rows = () => db.selectFrom('accounts').selectAll().where('source', 'is', null)
  const findById: OwnPasswords['findById'] = async (realm, id) => {
    const row = await rows().where('realm', '=', realm).where('id', '=', id).executeTakeFirst()
    return row === undefined ? null : holderOf(row)
  }

  /** The hashes of former passwords, newest first. */
  const formerOf = async (account: string, count: number): Promise<readonly string[]> => {
    if (count === 0) return []
    const found = await db
      .selectFrom('password_history')
      .select('hash')
      .where('account', '=', account)
      .orderBy('set_at', 'desc')
      .limit(count)
      .execute()
    return found.map(({ hash }) => hash)
  }

  const isOneOf = async (hashes: readonly string[], password: string): Promise<boolean> => {
    for (const hash of hashes) if (await hasher.verify(hash, password)) return true
    return false
  }

  return {
    ready: async () => {
      await db.selectFrom('accounts').select('id').limit(1).execute()
    },
    findByLogin: async (realm, login) => {
      const key = loginKey(login)
      if (!key.ok) return null
      const row = await rows().where('realm', '=', realm).where('login_key', '=', key.value).executeTakeFirst()
      return row === undefined ? null : holderOf(row)
    },
    findById,
    replace: async ({ account, passwordSetAt }, password, site, mayWrite) => {
      const rules = await unmetPasswordRules(password, { site, person: account })
      if (rules.length > 0) return refuse({ reason: 'unmet', rules })
      const row = await rows().where('id', '=', account.id).executeTakeFirst()
      if (row === undefined || row.password_set_at !== passwordSetAt) return refuse({ reason: 'outdated' })
      if (row.password_hash !== null && (await hasher.verify(row.password_hash, password))) {
        return refuse({ reason: 'same' })
      }
      const keep = site.password.history
      if (await isOneOf(await formerOf(account.id, keep), password)) return refuse({ reason: 'former' })
      const hash = await hasher.hash(password)
      if (mayWrite !== undefined && !(await mayWrite())) return refuse({ reason: 'outdated' })
      const now = clock.now()
      const write = { account: account.id, hash, mustChange: false, keep, now, formerSetAt: passwordSetAt }
      const written = await writePassword(db, write)
      return written === null ? refuse({ reason: 'outdated' }) : accept(holderOf(written))
    },
  }
}
