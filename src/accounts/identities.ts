import type { Db } from '../database/tables.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { Account, AccountDirectory } from './directory.ts'

/** What names a person outside: the PS_IdNat, which is the same for card, Pro Santé Connect and call (facts/health.md §3.1), or a provider's own name. */
export type NamedIdentity =
  | { readonly kind: 'national-id'; readonly nationalId: string }
  /** `issuer` and `subject` together, never an address (J-10). */
  | { readonly kind: 'subject'; readonly issuer: string; readonly subject: string }

/**
 * Why an identity leads to no account: nobody has it; several open accounts do, and none of them is taken for the person;
 * whoever has it is closed.
 */
export interface IdentityRefusal {
  readonly cause: 'unknown' | 'ambiguous' | 'disabled'
  readonly account: Account | null
}

/** Whose an identity is. The answer is never a guess: one open account, or nobody. */
export interface Identities {
  find(realm: string, identity: NamedIdentity): Promise<Result<Account, IdentityRefusal>>
  /** Whether a card, a provider or a call could name this account at all. */
  isNamed(account: Account): Promise<boolean>
}

export interface IdentitiesParts {
  readonly db: Db
  /** Of the site: an account that lives elsewhere is asked about there. */
  readonly directory: Pick<AccountDirectory, 'findById'>
}

const holdersOf = async (db: Db, realm: string, identity: NamedIdentity): Promise<readonly string[]> => {
  if (identity.kind === 'national-id') {
    const rows = await db
      .selectFrom('accounts')
      .select('id')
      .where('realm', '=', realm)
      .where('national_id', '=', identity.nationalId)
      .limit(8)
      .execute()
    return rows.map(({ id }) => id)
  }
  const rows = await db
    .selectFrom('linked_identities')
    .select('account')
    .where('realm', '=', realm)
    .where('issuer', '=', identity.issuer)
    .where('subject', '=', identity.subject)
    .execute()
  return rows.map(({ account }) => account)
}

export const createIdentities = ({ db, directory }: IdentitiesParts): Identities => ({
  find: async (realm, identity) => {
    const ids = await holdersOf(db, realm, identity)
    const found = await Promise.all(ids.map((id) => directory.findById(realm, id)))
    const accounts = found.filter((account) => account !== null)
    const open = accounts.filter(({ disabled }) => !disabled)
    const [one, ...others] = open
    if (one !== undefined) return others.length === 0 ? accept(one) : refuse({ cause: 'ambiguous', account: null })
    const [closed] = accounts
    return closed === undefined
      ? refuse({ cause: 'unknown', account: null })
      : refuse({ cause: 'disabled', account: closed })
  },
  isNamed: async ({ id, nationalId }) => {
    if (nationalId !== null) return true
    const row = await db.selectFrom('linked_identities').select('account').where('account', '=', id).executeTakeFirst()
    return row !== undefined
  },
})
