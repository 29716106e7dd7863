import type { Db } from '../database/tables.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { Account, AccountDirectory } from './directory.ts'
import { readFactor, type Factor } from './factor-row.ts'
import type { FactorParts } from './factors.ts'
import { addNamed, findNamed } from './named-factor.ts'

/**
 * What names a person outside: the PS_IdNat, which is the same for card, Pro Santé Connect and call (facts/health.md §3.1), or
 * a provider's own name.
 */
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

/** `taken`: another account has it; `other-number`: the account is registered under another national identifier. */
export type LinkRefusal = 'taken' | 'other-number'

/** Whose an identity is. The answer is never a guess: one open account, or nobody. */
export interface Identities {
  find(realm: string, identity: NamedIdentity): Promise<Result<Account, IdentityRefusal>>
  /** Whether a card, a provider or a call could name this account at all. */
  isNamed(account: Account): Promise<boolean>
  /** The national identifier of an account: as registered, or as it was linked. */
  nationalIdOf(account: Account): Promise<string | null>
  /**
   * Lets an identity lead to this account from now on (G19). Whoever calls it has seen both proved. An identity that leads
   * here already gives null.
   */
  link(account: Account, identity: NamedIdentity): Promise<Result<Factor | null, LinkRefusal>>
}

export interface IdentitiesParts extends FactorParts {
  /** Of the site: an account that lives elsewhere is asked about there. */
  readonly directory: Pick<AccountDirectory, 'findById'>
}

/** Within its realm an identity has one spelling; no part of it holds a NUL. */
const nameOf = (realm: string, identity: NamedIdentity): string =>
  identity.kind === 'national-id'
    ? ['identity', realm, 'national-id', identity.nationalId].join('\0')
    : ['identity', realm, 'subject', identity.issuer, identity.subject].join('\0')

/** As the person sees it among their means of signing in. */
const labelOf = (identity: NamedIdentity): string =>
  identity.kind === 'national-id' ? identity.nationalId : identity.issuer

const registeredTo = async (db: Db, realm: string, identity: NamedIdentity): Promise<readonly string[]> => {
  if (identity.kind !== 'national-id') return []
  const rows = await db
    .selectFrom('accounts')
    .select('id')
    .where('realm', '=', realm)
    .where('national_id', '=', identity.nationalId)
    .limit(8)
    .execute()
  return rows.map(({ id }) => id)
}

const holdersOf = async (
  parts: IdentitiesParts,
  realm: string,
  identity: NamedIdentity,
): Promise<readonly string[]> => {
  const [registered, linked] = await Promise.all([
    registeredTo(parts.db, realm, identity),
    findNamed(parts, 'identity', nameOf(realm, identity)),
  ])
  // The sealed name counts: whoever can only write to the database cannot let a card of theirs lead to somebody else.
  const isSealed = linked?.secret === nameOf(realm, identity)
  return [...new Set([...registered, ...(isSealed ? [linked.account] : [])])]
}

const linkedOf = ({ db }: IdentitiesParts, account: string) =>
  db.selectFrom('factors').selectAll().where('account', '=', account).where('kind', '=', 'identity').execute()

/** The national identifier that an account has linked, of which there is one at most. */
const linkedNumber = async (parts: IdentitiesParts, { realm, id }: Account): Promise<string | null> => {
  const names = (await linkedOf(parts, id)).map((row) => readFactor(parts.secrets, row).secret)
  const prefix = nameOf(realm, { kind: 'national-id', nationalId: '' })
  return names.find((name) => name?.startsWith(prefix) === true)?.slice(prefix.length) ?? null
}

const find = async (
  parts: IdentitiesParts,
  realm: string,
  identity: NamedIdentity,
): Promise<Result<Account, IdentityRefusal>> => {
  const ids = await holdersOf(parts, realm, identity)
  const found = await Promise.all(ids.map((id) => parts.directory.findById(realm, id)))
  const accounts = found.filter((account) => account !== null)
  const [one, ...others] = accounts.filter(({ disabled }) => !disabled)
  if (one !== undefined) return others.length === 0 ? accept(one) : refuse({ cause: 'ambiguous', account: null })
  const [closed] = accounts
  return closed === undefined
    ? refuse({ cause: 'unknown', account: null })
    : refuse({ cause: 'disabled', account: closed })
}

export const createIdentities = (parts: IdentitiesParts): Identities => {
  const nationalIdOf: Identities['nationalIdOf'] = async (account) => account.nationalId ?? linkedNumber(parts, account)
  return {
    find: (realm, identity) => find(parts, realm, identity),
    isNamed: async ({ id, nationalId }) => nationalId !== null || (await linkedOf(parts, id)).length > 0,
    nationalIdOf,
    link: async (account, identity) => {
      const { realm, id } = account
      const holders = await holdersOf(parts, realm, identity)
      if (holders.includes(id)) return holders.length === 1 ? accept(null) : refuse('taken')
      if (holders.length > 0) return refuse('taken')
      if (identity.kind === 'national-id' && (await nationalIdOf(account)) !== null) return refuse('other-number')
      const name = nameOf(realm, identity)
      const fields = { kind: 'identity' as const, name, label: labelOf(identity), secret: name, counter: -1 }
      const factor = await addNamed(parts, id, fields)
      return factor === null ? refuse('taken') : accept(factor)
    },
  }
}
