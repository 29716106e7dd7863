import type { Kysely } from 'kysely'

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .alterTable('accounts')
    .addColumn('password_must_change', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema
    .createTable('password_history')
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('set_at', 'bigint', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('password_history_key', ['account', 'set_at'])
    .execute()
}
