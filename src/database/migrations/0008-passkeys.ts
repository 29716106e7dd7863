import type { Kysely } from 'kysely'

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema.alterTable('factors').addColumn('credential', 'text').execute()
  // Both databases take any number of rows without one: NULL is equal to nothing.
  await db.schema.createIndex('factors_credential').unique().on('factors').column('credential').execute()
}
