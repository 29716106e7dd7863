import { resolve } from 'node:path'
import type { Dialect } from 'kysely'
import type { Log } from '../lib/log.ts'
import type { DatabaseLimits } from './limits.ts'
import { postgresDialect } from './postgres.ts'
import { sqliteDialect } from './sqlite.ts'

export type DatabaseKind = 'sqlite' | 'postgres'

/** A database that can be connected to, possibly several times. */
export interface Source {
  readonly kind: DatabaseKind
  connect(limits: DatabaseLimits, log: Log): Dialect
}

/**
 * Reads `sqlite:FILE` (an absolute path, or one relative to the working directory) and `postgres://…`. An SQLite database
 * in memory is refused: each connection would see its own.
 * @throws {TypeError} on any other address; the address itself, which may hold a password, is not repeated
 */
export const sourceOf = (url: string): Source => {
  if (/^postgres(ql)?:\/\//.test(url)) {
    return { kind: 'postgres', connect: (limits, log) => postgresDialect(url, limits, log) }
  }
  const file = /^sqlite:(?!:|$)(?<file>.+)$/.exec(url)?.groups?.['file']
  if (file === undefined) throw new TypeError('a database address is sqlite:FILE or postgres://…')
  return { kind: 'sqlite', connect: (limits) => sqliteDialect(resolve(file), limits) }
}
