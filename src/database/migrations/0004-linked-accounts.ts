import type { Kysely } from 'kysely'

export const up = async (db: Kysely<unknown>): Promise<void> => {
  // One column a statement: SQLite adds no more.
  await db.schema.alterTable('accounts').addColumn('source', 'text').execute()
  await db.schema.alterTable('accounts').addColumn('external_id', 'text').execute()
  await db.schema.alterTable('accounts').addColumn('source_mark', 'text').execute()
  await db.schema.alterTable('accounts').addColumn('disabled_by', 'text').execute()
  await db.schema.alterTable('accounts').addColumn('proved_at', 'bigint').execute()
  // Both databases take any number of rows without a source: NULL is equal to nothing.
  await db.schema
    .createIndex('accounts_external_id')
    .unique()
    .on('accounts')
    .columns(['realm', 'source', 'external_id'])
    .execute()
  await db.schema.createIndex('accounts_proved_at').on('accounts').columns(['source', 'proved_at']).execute()
}
