import { PostgresAdapter, sql, type Kysely } from 'kysely'

/** What the first event refers to in place of an event before it. */
const BEGINNING = 'portillon-audit-1'

/** Events of before the chain are kept as they are, for whoever wants them; nothing reads them any more. */
const setAside = async (db: Kysely<unknown>): Promise<void> => {
  for (const index of ['audit_at', 'audit_account', 'audit_reference']) await db.schema.dropIndex(index).execute()
  const { rows } = await sql`select id from audit limit 1`.execute(db)
  if (rows.length === 0) await db.schema.dropTable('audit').execute()
  else await db.schema.alterTable('audit').renameTo('audit_unchained').execute()
}

const createTables = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('audit')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('result', 'text', (column) => column.notNull())
    .addColumn('site', 'text')
    .addColumn('account', 'text')
    .addColumn('login', 'text')
    .addColumn('actor', 'text')
    .addColumn('way', 'text')
    .addColumn('method', 'text')
    .addColumn('address', 'text')
    .addColumn('session', 'text')
    .addColumn('detail', 'text')
    .addColumn('reference', 'text')
    .addColumn('times', 'bigint')
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('seal', 'text', (column) => column.notNull())
    .execute()
  // The questions of a help desk and of an export: what happened then, to this person, what is this reference.
  await db.schema.createIndex('audit_at').on('audit').column('at').execute()
  await db.schema.createIndex('audit_account').on('audit').columns(['account', 'seq']).execute()
  await db.schema.createIndex('audit_reference').on('audit').column('reference').execute()
  await db.schema
    .createTable('audit_chain')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('first_seq', 'bigint', (column) => column.notNull())
    .addColumn('before_first', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('seal', 'text', (column) => column.notNull())
    .addColumn('writes', 'bigint', (column) => column.notNull())
    .addColumn('swept_on', 'text')
    .execute()
  await sql`insert into audit_chain (id, first_seq, before_first, seq, hash, seal, writes)
    values (1, 1, ${BEGINNING}, 0, ${BEGINNING}, '', 0)`.execute(db)
}

const REFUSAL = 'the audit trail only grows'

const guardInPostgres = async (db: Kysely<unknown>): Promise<void> => {
  await sql`create function audit_guard() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' and old.seq < (select first_seq from audit_chain) then return old; end if;
      if tg_op = 'INSERT' and new.seq > (select seq from audit_chain) then return new; end if;
      raise exception '${sql.raw(REFUSAL)}';
    end $$`.execute(db)
  await sql`create trigger audit_guard before insert or update or delete on audit
    for each row execute function audit_guard()`.execute(db)
  await sql`create function audit_chain_guard() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' and new.id = old.id and new.seq >= old.seq and new.first_seq >= old.first_seq then
        return new;
      end if;
      raise exception '${sql.raw(REFUSAL)}';
    end $$`.execute(db)
  await sql`create trigger audit_chain_guard before insert or update or delete on audit_chain
    for each row execute function audit_chain_guard()`.execute(db)
  await sql`create function audit_truncate_guard() returns trigger language plpgsql as $$
    begin raise exception '${sql.raw(REFUSAL)}'; end $$`.execute(db)
  for (const table of ['audit', 'audit_chain']) {
    await sql`create trigger ${sql.id(`${table}_truncate_guard`)} before truncate on ${sql.table(table)}
      for each statement execute function audit_truncate_guard()`.execute(db)
  }
}

/** « insert or replace » of SQLite removes a row without a word to the delete trigger: such an insert is refused as well. */
const SQLITE_GUARDS: readonly (readonly [name: string, when: string])[] = [
  ['update on audit', 'true'],
  ['delete on audit', 'old.seq >= coalesce((select first_seq from audit_chain), 0)'],
  [
    'insert on audit',
    'new.seq <= coalesce((select seq from audit_chain), new.seq) or exists (select 1 from audit where id = new.id)',
  ],
  ['update on audit_chain', 'new.id <> old.id or new.seq < old.seq or new.first_seq < old.first_seq'],
  ['delete on audit_chain', 'true'],
  ['insert on audit_chain', 'true'],
]

const guardInSqlite = async (db: Kysely<unknown>): Promise<void> => {
  for (const [occasion, when] of SQLITE_GUARDS) {
    const [act = '', , table = ''] = occasion.split(' ')
    await sql`create trigger ${sql.id(`${table}_${act}_guard`)} before ${sql.raw(occasion)}
      when ${sql.raw(when)} begin select raise(abort, ${sql.lit(REFUSAL)}); end`.execute(db)
  }
}

/**
 * The trail becomes a chain (audit/chain.ts) that only grows: rows are neither changed nor removed, save those before
 * `first_seq`, which a purge has moved on. Triggers keep the gate and people at a console from mistakes; whoever owns the
 * tables can drop them, and what is done then is found by `portillon audit verify`.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await setAside(db)
  await createTables(db)
  if (db.getExecutor().adapter instanceof PostgresAdapter) await guardInPostgres(db)
  else await guardInSqlite(db)
}
