import type { Kysely } from 'kysely'

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('audit')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('site', 'text')
    .addColumn('account', 'text')
    .addColumn('login', 'text')
    .addColumn('way', 'text')
    .addColumn('method', 'text')
    .addColumn('address', 'text')
    .addColumn('session', 'text')
    .addColumn('detail', 'text')
    .addColumn('reference', 'text')
    .execute()
  // The three questions of a help desk: what happened then, what happened to this person, what is this reference.
  await db.schema.createIndex('audit_at').on('audit').column('at').execute()
  await db.schema.createIndex('audit_account').on('audit').columns(['account', 'at']).execute()
  await db.schema.createIndex('audit_reference').on('audit').column('reference').execute()
}
