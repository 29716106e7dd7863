import type { AuditTrail } from '../../audit/events.ts'
import type { AccountsTable, Db } from '../../database/tables.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/errors.ts'
import type { Random } from '../../lib/random.ts'
import { newId } from '../new-id.ts'
import type { Person } from './person.ts'

export interface LinksParts {
  readonly db: Db
  /** Its name in the instance file. */
  readonly source: string
  readonly clock: Clock
  readonly random: Random
  readonly trail: Pick<AuditTrail, 'record'>
}

/** What is kept of a proof: whether its password changes later, and for tables the hash that stands for it from now on. */
export interface Proof {
  readonly mark: string | null
  readonly passwordHash?: string
}

/** Two first sign-ins of one person at the same moment: the second one finds the row of the first. */
const TRIES = 3

const columnsOf = (person: Person, { mark, passwordHash }: Proof, now: number) => ({
  login: person.login,
  login_key: person.loginKey,
  name: person.name,
  given_name: person.givenName,
  family_name: person.familyName,
  national_id: person.nationalId,
  roles: JSON.stringify(person.roles),
  ...(person.email === undefined ? {} : { email: person.email }),
  ...(passwordHash === undefined ? {} : { password_hash: passwordHash, password_set_at: now }),
  source_mark: mark,
  proved_at: now,
  updated_at: now,
})

/** Capitals stand in no key: nobody can ask for it, and the login is free for whoever has it now. */
const retiredKey = (id: string): string => `RETIRED:${id}`

export const recordLinked = (
  { trail, source }: Pick<LinksParts, 'trail' | 'source'>,
  event: 'account.linked' | 'account.disabled' | 'account.enabled',
  { realm, id, login }: AccountsTable,
  why: string,
): void => trail.record({ event, site: realm, account: id, login, detail: `${why} ${source}` })

const rowsOf = ({ db, source }: LinksParts, realm: string, person: Person): Promise<AccountsTable[]> =>
  db
    .selectFrom('accounts')
    .selectAll()
    .where('realm', '=', realm)
    .where((where) =>
      where.or([
        where('login_key', '=', person.loginKey),
        where.and([where('source', '=', source), where('external_id', '=', person.externalId)]),
      ]),
    )
    .execute()

/** The login has changed hands in the source: whoever had it keeps neither it nor a session. */
const retire = async (parts: LinksParts, row: AccountsTable): Promise<void> => {
  const now = parts.clock.now()
  const columns = { login_key: retiredKey(row.id), disabled_at: now, disabled_by: 'source' as const, updated_at: now }
  await parts.db.updateTable('accounts').set(columns).where('id', '=', row.id).execute()
  recordLinked(parts, 'account.disabled', row, 'its login belongs to somebody else in')
}

const update = async (parts: LinksParts, row: AccountsTable, person: Person, proof: Proof): Promise<AccountsTable> => {
  const { db, source, clock } = parts
  const isClosedThere = row.disabled_by === 'source'
  const changed = await db
    .updateTable('accounts')
    .set({
      ...columnsOf(person, proof, clock.now()),
      source,
      external_id: person.externalId,
      ...(isClosedThere ? { disabled_at: null, disabled_by: null } : {}),
    })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  if (row.source !== source) recordLinked(parts, 'account.linked', changed, 'to')
  else if (isClosedThere) recordLinked(parts, 'account.enabled', changed, 'open again in')
  return changed
}

const insert = async (
  parts: LinksParts,
  realm: string,
  person: Person,
  proof: Proof,
): Promise<AccountsTable | undefined> => {
  const now = parts.clock.now()
  const made = await parts.db
    .insertInto('accounts')
    .values({
      id: newId(parts.random),
      realm,
      source: parts.source,
      external_id: person.externalId,
      email: null,
      password_hash: null,
      password_set_at: null,
      password_must_change: 0,
      disabled_at: null,
      disabled_by: null,
      created_at: now,
      ...columnsOf(person, proof, now),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
  if (made !== undefined) recordLinked(parts, 'account.linked', made, 'first signed in by')
  return made
}

/** An account of the gate, or of a former source, with this login is the same person: the site has moved to this source. */
const settleOnce = async (
  parts: LinksParts,
  realm: string,
  person: Person,
  proof: Proof,
): Promise<AccountsTable | undefined> => {
  const rows = await rowsOf(parts, realm, person)
  const own = rows.find((row) => row.source === parts.source && row.external_id === person.externalId)
  const holder = rows.find((row) => row !== own)
  if (own === undefined && holder !== undefined && holder.source !== parts.source) {
    return update(parts, holder, person, proof)
  }
  if (holder !== undefined) await retire(parts, holder)
  return own === undefined ? insert(parts, realm, person, proof) : update(parts, own, person, proof)
}

/** The row of a person whom the source has just let in, made or brought up to date. */
export const settle = async (
  parts: LinksParts,
  realm: string,
  person: Person,
  proof: Proof,
): Promise<AccountsTable> => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const row = await settleOnce(parts, realm, person, proof)
    if (row !== undefined) return row
  }
  throw new Fault('accounts-unavailable', 'the row of a linked account changes all the time')
}
