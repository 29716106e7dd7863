import type { AccountsTable, Db } from '../database/tables.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { EntryWarning } from './entry.ts'
import { readAccounts, type ImportFault } from './import-file.ts'
import { insertTogether, newRow } from './insert.ts'

export interface ImportOptions {
  /** Import the good lines and leave out the others, instead of importing nothing. */
  readonly skipBad: boolean
  readonly onProgress?: (done: number, total: number) => void
}

export interface Imported {
  readonly added: number
  /** In the order of the file. */
  readonly skipped: readonly ImportFault[]
  readonly warnings: readonly { readonly line: number; readonly warning: EntryWarning }[]
}

export interface ImportRequest extends ImportOptions {
  readonly realm: string
  /** The content of the file: see {@link readAccounts}. */
  readonly text: string
  readonly clock: Clock
  readonly random: Random
}

const byLine = (a: { line: number }, b: { line: number }): number => a.line - b.line

/**
 * Imports a file of accounts: all of it, or with `skipBad` its good lines. Whether a login is taken is judged by the
 * database as it writes, so that two imports at once cannot both win; a refusal names every bad line of the file.
 * @throws {Fault} `accounts-unavailable`, and then nothing of the file is in the table
 */
export const importAccounts = async (
  db: Db,
  { realm, text, skipBad, onProgress, clock, random }: ImportRequest,
  onAdded: (account: AccountsTable) => void,
): Promise<Result<Imported, readonly ImportFault[]>> => {
  const read = readAccounts(text)
  if (!read.ok) return read
  const { lines, faults } = read.value
  const rows = lines.map(({ entry }) => newRow({ realm, entry, now: clock.now() }, random))
  const isWanted = (inserted: ReadonlySet<string>): boolean =>
    skipBad || (faults.length === 0 && inserted.size === rows.length)
  const inserted = await insertTogether(db, rows, isWanted, (done) => onProgress?.(done, rows.length))
  const isTaken = (index: number): boolean => !inserted.has(rows[index]?.id ?? '')
  const taken = lines.flatMap(({ line }, index) => (isTaken(index) ? [{ line, problem: 'login-taken' } as const] : []))
  const skipped = [...faults, ...taken].sort(byLine)
  if (!isWanted(inserted)) return refuse(skipped)
  for (const row of rows) if (inserted.has(row.id)) onAdded(row)
  const warnings = lines.flatMap(({ line, entry }, index) =>
    isTaken(index) ? [] : entry.warnings.map((warning) => ({ line, warning })),
  )
  return accept({ added: inserted.size, skipped, warnings })
}
