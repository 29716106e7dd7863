import type { Kysely } from 'kysely'

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('linked_identities')
    .addColumn('realm', 'text', (column) => column.notNull())
    .addColumn('issuer', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    // No foreign key: an account may live elsewhere.
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('linked_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('linked_identities_key', ['realm', 'issuer', 'subject'])
    .execute()
  await db.schema.createIndex('linked_identities_account').on('linked_identities').column('account').execute()
  // When somebody linked the identifier by presenting a card or a provider; null: registered by whoever keeps the accounts.
  await db.schema.alterTable('accounts').addColumn('national_id_linked_at', 'bigint').execute()
}
