import { createHash } from 'node:crypto'
import { PostgresAdapter, sql } from 'kysely'
import { canonicalText, chainHash, recordOf } from '../../src/audit/canonical.ts'
import type { ChainCheck, Flaw } from '../../src/audit/chain-check.ts'
import type { AuditEvent } from '../../src/audit/events.ts'
import { sealEnds, sealEvent } from '../../src/audit/seal.ts'
import { createAuditTrail, type AuditTrailParts } from '../../src/audit/trail.ts'
import { verifyTrail, type VerifyParts } from '../../src/audit/verify.ts'
import type { Database } from '../../src/database/open.ts'
import type { PurposeKey } from '../../src/lib/digest.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createManualClock } from './clock.ts'

/** Keys as a keyring derives them, the current one first. */
export const auditKey = (...names: readonly string[]): PurposeKey => {
  const keys = (names.length === 0 ? ['test'] : names).map((name) => createHash('sha256').update(name).digest())
  return { current: () => keys[0] ?? Buffer.alloc(32), every: () => keys }
}

export const auditRows = (database: Pick<Database, 'db'>) =>
  database.db.selectFrom('audit').selectAll().orderBy('seq').execute()

/** Writes these events, one after the other in one batch each, a second apart. */
export const writeTrail = async (
  database: Pick<Database, 'db'>,
  events: readonly AuditEvent[],
  parts: Partial<AuditTrailParts> = {},
): Promise<void> => {
  const clock = createManualClock(parts.clock?.now())
  const trail = createAuditTrail({ database, key: auditKey(), log: silentLog, ...parts, clock })
  for (const event of events) {
    trail.record(event)
    clock.advance('1s')
  }
  await trail.close()
}

export const verify = (
  database: Pick<Database, 'db'>,
  parts: Partial<Omit<VerifyParts, 'db'>> = {},
): Promise<ChainCheck> =>
  verifyTrail({
    db: database.db,
    keys: auditKey().every(),
    logged: new Map(),
    onProgress: () => undefined,
    ...parts,
  })

/** `changed 3`: what is wrong, where. */
export const flawsOf = ({ flaws }: Pick<ChainCheck, 'flaws'>): string[] =>
  flaws.map(({ kind, seq }: Flaw) => `${kind} ${seq}`)

/** What an administrator of the database can do who wants to change the past. */
export const dropGuards = async ({ db }: Pick<Database, 'db'>): Promise<void> => {
  if (db.getExecutor().adapter instanceof PostgresAdapter) {
    for (const table of ['audit', 'audit_chain'])
      await sql`alter table ${sql.table(table)} disable trigger all`.execute(db)
    return
  }
  const { rows } = await sql<{ name: string }>`select name from sqlite_master where type = 'trigger'`.execute(db)
  for (const { name } of rows) await sql`drop trigger ${sql.id(name)}`.execute(db)
}

/** Computes hashes anew from an event on, and the seals with that key: what somebody does who knows how it works. */
export const forgeFrom = async ({ db }: Pick<Database, 'db'>, seq: number, key: Buffer): Promise<void> => {
  const before = await db
    .selectFrom('audit')
    .selectAll()
    .where('seq', '<', seq)
    .orderBy('seq', 'desc')
    .executeTakeFirst()
  const chain = await db.selectFrom('audit_chain').selectAll().executeTakeFirstOrThrow()
  let hash = before?.hash ?? chain.before_first
  let last = before?.seq ?? 0
  for (const row of await db.selectFrom('audit').selectAll().where('seq', '>=', seq).orderBy('seq').execute()) {
    hash = chainHash(hash, canonicalText(row.seq, recordOf(row)))
    last = row.seq
    await db
      .updateTable('audit')
      .set({ hash, seal: sealEvent(key, hash) })
      .where('seq', '=', last)
      .execute()
  }
  const seal = sealEnds(key, { first: chain.first_seq, before: chain.before_first, last, hash })
  await db.updateTable('audit_chain').set({ seq: last, hash, seal }).execute()
}
