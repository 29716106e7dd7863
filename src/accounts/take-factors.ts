import type { Db } from '../database/tables.ts'
import { forgetRemembered } from './devices-forgotten.ts'
import type { Factor, FactorKind } from './factor-row.ts'

/** What was taken away, as its owner knows it. */
export type TakenFactor = Pick<Factor, 'id' | 'kind' | 'label'>

/**
 * Takes from an account what its owner enrolled, all of it or one kind, with the wishes that were for it. No device
 * remembers anything afterwards (R25).
 */
export const takeFactors = async (db: Db, account: string, kind?: FactorKind): Promise<readonly TakenFactor[]> => {
  await forgetRemembered(db, account)
  const all = db.deleteFrom('factors').where('account', '=', account)
  const taken = await (kind === undefined ? all : all.where('kind', '=', kind))
    .returning(['id', 'kind', 'label'])
    .execute()
  const wishes = db.deleteFrom('factor_preferences').where('account', '=', account)
  const ids = taken.map(({ id }) => id)
  if (kind === undefined) await wishes.execute()
  else if (ids.length > 0) await wishes.where('choice', 'in', ids).execute()
  return taken.map((row) => ({ ...row, kind: row.kind as FactorKind }))
}
