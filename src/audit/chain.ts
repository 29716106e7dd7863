import type { Database } from '../database/open.ts'
import type { AuditChainTable, AuditTable, Db } from '../database/tables.ts'
import type { PurposeKey } from '../lib/digest.ts'
import type { Log } from '../lib/log.ts'
import { canonicalText, chainHash, recordOf } from './canonical.ts'
import type { AuditEntry, NewEntry } from './entry.ts'
import { createSealCheck, sealEnds, sealEvent, type Ends } from './seal.ts'

export interface Head {
  readonly seq: number
  readonly hash: string
}

export interface Chain {
  /** Appends what is not there yet, all or nothing. @returns the last event of the chain then */
  append(entries: readonly AuditEntry[]): Promise<Head>
  /**
   * Lets the chain begin behind the event `last`, and says so in the chain; the rows may be removed then.
   * @returns false when it begins there, or later, already
   */
  begin(last: number, say: (first: number, hash: string) => AuditEntry): Promise<boolean>
}

export interface ChainParts {
  readonly database: Pick<Database, 'db'>
  readonly key: PurposeKey
  readonly newEntry: NewEntry
  readonly log: Log
}

export const endsOf = (chain: AuditChainTable): Ends => ({
  first: chain.first_seq,
  before: chain.before_first,
  last: chain.seq,
  hash: chain.hash,
})

/**
 * Holds the one row of the chain until the transaction ends: a row lock in PostgreSQL; in SQLite the lock of the file, which
 * every transaction holds from its first statement on.
 */
const takeChain = (db: Db): Promise<AuditChainTable> =>
  db
    .updateTable('audit_chain')
    .set((column) => ({ writes: column('writes', '+', 1) }))
    .where('id', '=', 1)
    .returningAll()
    .executeTakeFirstOrThrow()

/** Without those of a write that succeeded although its answer was lost. */
const notYetWritten = async (db: Db, entries: readonly AuditEntry[]): Promise<readonly AuditEntry[]> => {
  const ids = entries.map(({ id }) => id)
  const written = await db.selectFrom('audit').select('id').where('id', 'in', ids).execute()
  if (written.length === 0) return entries
  const known = new Set(written.map(({ id }) => id))
  return entries.filter(({ id }) => !known.has(id))
}

const linked = (entries: readonly AuditEntry[], { seq, hash }: Head, key: Buffer): AuditTable[] => {
  let last: Head = { seq, hash }
  return entries.map((entry) => {
    const place = last.seq + 1
    const link = chainHash(last.hash, canonicalText(place, recordOf(entry)))
    last = { seq: place, hash: link }
    return { seq: place, ...entry, hash: link, seal: sealEvent(key, link) }
  })
}

/**
 * One chain for all processes and nodes that write to one database: each batch is a short transaction that holds the row
 * of the chain. So events have one order, nothing can be taken out, put in or put elsewhere unseen, and there is one end to
 * keep an eye on. A writer that hangs meanwhile is ended by the database; the others wait in memory (table-writer.ts).
 */
export const createChain = ({ database, key, newEntry, log }: ChainParts): Chain => {
  /** An end that the gate did not seal was written by somebody else: the chain goes on, and says so for ever. */
  const noticeOf = (chain: AuditChainTable, at: number): AuditEntry[] => {
    const isEmpty = chain.seq === 0 && chain.seal === ''
    if (isEmpty || createSealCheck(key.every()).ofEnds(endsOf(chain), chain.seal)) return []
    log.error({ seq: chain.seq, hash: chain.hash }, 'audit trail: its end was not sealed by this gate')
    return [newEntry(at, { event: 'audit.broken', detail: `when writing: the end ${chain.seq} is not sealed` })]
  }

  const extend = async (db: Db, chain: AuditChainTable, entries: readonly AuditEntry[], ends: Ends): Promise<Head> => {
    const [earliest] = entries
    if (earliest === undefined) return chain
    const rows = linked([...noticeOf(chain, earliest.at), ...entries], chain, key.current())
    await db.insertInto('audit').values(rows).execute()
    const { seq, hash } = rows.at(-1) ?? chain
    const seal = sealEnds(key.current(), { ...ends, last: seq, hash })
    const first = { first_seq: ends.first, before_first: ends.before }
    await db
      .updateTable('audit_chain')
      .set({ seq, hash, seal, ...first })
      .where('id', '=', 1)
      .execute()
    return { seq, hash }
  }

  return {
    append: (entries) =>
      database.db.transaction().execute(async (db) => {
        const chain = await takeChain(db)
        return extend(db, chain, await notYetWritten(db, entries), endsOf(chain))
      }),
    begin: (last, say) =>
      database.db.transaction().execute(async (db) => {
        const chain = await takeChain(db)
        if (last < chain.first_seq || last > chain.seq) return false
        const { hash } = await db.selectFrom('audit').select('hash').where('seq', '=', last).executeTakeFirstOrThrow()
        const ends = { ...endsOf(chain), first: last + 1, before: hash }
        await extend(db, chain, [say(chain.first_seq, hash)], ends)
        return true
      }),
  }
}
