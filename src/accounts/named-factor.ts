import { digest } from '../lib/digest.ts'
import type { FactorsTable } from '../database/tables.ts'
import { forgetRemembered } from './devices-forgotten.ts'
import { readFactor, type Factor, type FactorKind } from './factor-row.ts'
import type { FactorParts } from './factors.ts'
import { newId } from './new-id.ts'

/** A factor that is found by a name of its own, which nobody else in the whole database has. */
export interface NewNamedFactor {
  readonly kind: FactorKind
  readonly name: string
  readonly label: string
  readonly secret: string
  readonly counter: number
}

/** Null when the name is taken, be it somebody else's: one statement decides, on all nodes. */
export const addNamed = async (
  { db, clock, random, secrets }: FactorParts,
  account: string,
  { kind, name, label, secret, counter }: NewNamedFactor,
): Promise<Factor | null> => {
  const key = { account, id: newId(random), kind }
  const row: FactorsTable = {
    ...key,
    label,
    secret: secrets.close(key, secret),
    counter,
    created_at: clock.now(),
    used_at: null,
    credential: digest(name),
  }
  await forgetRemembered(db, account)
  const inserted = await db
    .insertInto('factors')
    .values(row)
    .onConflict((conflict) => conflict.column('credential').doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted === undefined ? null : readFactor(secrets, row)
}

/** Whose it is; null for a stranger's. */
export const findNamed = async (
  { db, secrets }: Pick<FactorParts, 'db' | 'secrets'>,
  kind: FactorKind,
  name: string,
): Promise<Factor | null> => {
  const row = await db
    .selectFrom('factors')
    .selectAll()
    .where('credential', '=', digest(name))
    .where('kind', '=', kind)
    .executeTakeFirst()
  return row === undefined ? null : readFactor(secrets, row)
}
