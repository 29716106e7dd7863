import type { Kysely } from 'kysely'

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('devices')
    .addColumn('id', 'text', (column) => column.primaryKey())
    // No foreign key: people whose accounts live elsewhere have devices too.
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('site', 'text', (column) => column.notNull())
    .addColumn('hash', 'text')
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('first_seen', 'bigint', (column) => column.notNull())
    .addColumn('last_seen', 'bigint', (column) => column.notNull())
    .addColumn('remembered_way', 'text')
    .addColumn('remembered_at', 'bigint')
    .addColumn('remembered_until', 'bigint')
    .execute()
  // Both databases take any number of rows without a hash: NULL is equal to nothing.
  await db.schema.createIndex('devices_secret').unique().on('devices').columns(['account', 'hash']).execute()
  await db.schema.createIndex('devices_hash').on('devices').column('hash').execute()
  await db.schema.createIndex('devices_last_seen').on('devices').column('last_seen').execute()
}
