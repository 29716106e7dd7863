import type { Db } from '../database/tables.ts'

/** The columns of a device that remembers nothing. */
export const NOTHING_REMEMBERED = { remembered_way: null, remembered_at: null, remembered_until: null } as const

/**
 * The second factor is asked for again: what was remembered ends with a changed password, a changed factor, a closed account
 * (R25). Beside whatever made it end, in the same transaction where there is one.
 * @returns how many devices it was that remembered
 */
export const forgetRemembered = async (db: Db, account: string, id?: string): Promise<number> => {
  const all = db
    .updateTable('devices')
    .set(NOTHING_REMEMBERED)
    .where('account', '=', account)
    .where('remembered_way', 'is not', null)
  const { numUpdatedRows } = await (id === undefined ? all : all.where('id', '=', id)).executeTakeFirst()
  return Number(numUpdatedRows)
}

/**
 * Every browser of an account becomes a stranger. The rows stay, without what they would be recognised by: the next one is
 * not the first of its account, and is told of.
 */
export const forgetDevices = async (db: Db, account: string): Promise<number> => {
  const { numUpdatedRows } = await db
    .updateTable('devices')
    .set({ ...NOTHING_REMEMBERED, hash: null, label: '', address: '' })
    .where('account', '=', account)
    .where('hash', 'is not', null)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}
