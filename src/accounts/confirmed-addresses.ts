import type { Db } from '../database/tables.ts'

/** The addresses that a person added and confirmed, besides the registered one. */
export const confirmedAddresses = async (db: Db, account: string): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('factors')
    .select('label')
    .where('account', '=', account)
    .where('kind', '=', 'email')
    .execute()
  return rows.map(({ label }) => label)
}
