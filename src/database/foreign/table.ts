import { Kysely, sql, type Dialect, type RawBuilder } from 'kysely'
import { Fault } from '../../lib/errors.ts'
import type { Log } from '../../lib/log.ts'
import { databaseFault } from '../fault.ts'
import type { DatabaseLimits } from '../limits.ts'
import { postgresDialect, type ForeignAccess } from '../postgres.ts'
import { mysqlDialect } from './mysql.ts'

/** A line, by what the gate calls its columns; every value as text. */
export type ForeignRow<Column extends string> = Readonly<Record<Column, string | null>>

/** A table or view of another application, which is only read. Every failure is `Fault('accounts-unavailable')`. */
export interface ForeignTable<Column extends string> {
  /** Lines whose column holds one of the values, or `folded` in some case, `limit` at most. */
  find(column: Column, values: readonly string[], limit: number, folded?: string): Promise<ForeignRow<Column>[]>
  /** Every line, some at a time, in no order. */
  pages(size: number): AsyncIterable<ForeignRow<Column>[]>
  close(): Promise<void>
}

export interface ForeignTableOptions<Column extends string> {
  /** `postgres://…`, `mysql://…` or `mariadb://…` */
  readonly url: string
  /** A name, with its schema where needed; written as a name, never as text. */
  readonly table: string
  /** What the gate calls each column, and what it is called there. */
  readonly columns: Readonly<Record<Column, string>>
  readonly tls: ForeignAccess['tls']
  readonly limits: DatabaseLimits
}

const dialectOf = (url: string, limits: DatabaseLimits, log: Log, access: ForeignAccess): Dialect =>
  /^postgres(?:ql)?:/.test(url) ? postgresDialect(url, limits, log, access) : mysqlDialect(url, limits, log, access)

/** A byte alone is how some drivers give a flag (BIT(1)); other bytes are a text whose column has no character set. */
const bytesAsText = (bytes: Buffer): string =>
  bytes.length === 1 && (bytes[0] ?? 2) < 2 ? String(bytes[0]) : bytes.toString('utf8')

const asText = (value: unknown): string | null => {
  if (value === null || value === undefined) return null
  if (Buffer.isBuffer(value)) return bytesAsText(value)
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return value.toString()
  return JSON.stringify(value)
}

/** PostgreSQL, about letters that its database cannot hold (a login in another script): nobody has them there. */
const isUnwritable = (thrown: unknown): boolean =>
  thrown instanceof Fault &&
  typeof thrown.cause === 'object' &&
  thrown.cause !== null &&
  'code' in thrown.cause &&
  thrown.cause.code === '22P05'

export const openForeignTable = <Column extends string>(
  { url, table, columns, tls, limits }: ForeignTableOptions<Column>,
  log: Log,
): ForeignTable<Column> => {
  const db = new Kysely<Record<string, never>>({ dialect: dialectOf(url, limits, log, { tls }) })
  const names = Object.keys(columns) as Column[]
  const selected = sql.join(names.map((name) => sql`${sql.ref(columns[name])} as ${sql.id(name)}`))
  const from = sql`select ${selected} from ${sql.table(table)}`

  const isMysql = !/^postgres/.test(url)
  /** As text in the letters of the question, whatever set of characters the column has. */
  const textOf = (name: Column) =>
    isMysql ? sql`convert(${sql.ref(columns[name])} using utf8mb4)` : sql.ref(columns[name])

  const rows = async (query: RawBuilder<Record<string, unknown>>): Promise<ForeignRow<Column>[]> => {
    const result = await query.execute(db).catch((thrown: unknown) => {
      const { message, cause } = databaseFault(thrown)
      throw new Fault('accounts-unavailable', `table ${table}: ${message}`, { cause })
    })
    return result.rows.map(
      (row) => Object.fromEntries(names.map((name) => [name, asText(row[name])])) as ForeignRow<Column>,
    )
  }

  return {
    find: async (column, values, limit, folded) => {
      const name = folded === undefined ? sql.ref(columns[column]) : textOf(column)
      const or = folded === undefined ? sql`` : sql` or lower(${name}) = ${folded}`
      try {
        return await rows(sql`${from} where ${name} in (${sql.join([...values])})${or} limit ${sql.lit(limit)}`)
      } catch (thrown) {
        if (isUnwritable(thrown)) return []
        throw thrown
      }
    },
    pages: async function* (size) {
      for (let skip = 0; ; skip += size) {
        const page = await rows(
          sql`${from} order by ${sql.ref(columns[names[0] as Column])} limit ${sql.lit(size)} offset ${sql.lit(skip)}`,
        )
        if (page.length > 0) yield page
        if (page.length < size) return
      }
    },
    close: () => db.destroy(),
  }
}
