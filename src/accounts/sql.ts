import type { Database } from '../database/open.ts'
import type { AccountDirectory } from './directory.ts'
import { loginKey } from './login-key.ts'
import { accountOf } from './record.ts'

const ACCOUNT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The accounts of the gate's own database. An identifier that cannot exist (too long, unprintable) is answered like an
 * unknown one, without asking the database (C-17).
 */
export const createSqlDirectory = ({ db }: Pick<Database, 'db'>): AccountDirectory => ({
  findCredential: async (realm, login) => {
    const key = loginKey(login)
    if (!key.ok) return null
    const row = await db
      .selectFrom('accounts')
      .selectAll()
      .where('realm', '=', realm)
      .where('login_key', '=', key.value)
      .executeTakeFirst()
    return row === undefined ? null : { account: accountOf(row), passwordHash: row.password_hash }
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
})
