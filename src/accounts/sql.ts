import type { Database } from '../database/open.ts'
import { accept, refuse } from '../lib/result.ts'
import type { AccountDirectory } from './directory.ts'
import { loginKey } from './login-key.ts'
import type { PasswordHasher } from './password-hash.ts'
import { accountOf } from './record.ts'

const ACCOUNT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The accounts of the gate's own database. An identifier that cannot exist (too long, unprintable) is answered like an
 * unknown one, without asking the database (C-17).
 */
export const createSqlDirectory = (
  { db }: Pick<Database, 'db'>,
  hasher: Pick<PasswordHasher, 'verify'>,
): AccountDirectory => {
  const findRow = async (realm: string, login: string) => {
    const key = loginKey(login)
    if (!key.ok) return undefined
    return db
      .selectFrom('accounts')
      .selectAll()
      .where('realm', '=', realm)
      .where('login_key', '=', key.value)
      .executeTakeFirst()
  }
  return {
    provePassword: async (realm, login, password, from) => {
      const row = await findRow(realm, login)
      const isRight = await hasher.verify(row?.password_hash ?? null, password, from)
      if (row === undefined) return refuse({ cause: 'unknown', account: null })
      const account = accountOf(row)
      if (!isRight) return refuse({ cause: 'wrong', account })
      return account.disabled ? refuse({ cause: 'disabled', account }) : accept(account)
    },
    findById: async (realm, id) => {
      if (!ACCOUNT_ID.test(id)) return null
      const row = await db
        .selectFrom('accounts')
        .selectAll()
        .where('realm', '=', realm)
        .where('id', '=', id)
        .executeTakeFirst()
      return row === undefined ? null : accountOf(row)
    },
  }
}
