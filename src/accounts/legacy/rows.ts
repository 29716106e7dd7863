import type { LegacyTableSettings } from '../../config/instance.ts'
import { openForeignTable, type ForeignRow, type ForeignTable } from '../../database/foreign/table.ts'
import type { Log } from '../../lib/log.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { ToldPerson } from '../linked/person.ts'
import { loginKey } from '../login-key.ts'

type Column = keyof LegacyTableSettings['columns']
type Row = ForeignRow<Column>

/** A line as the gate reads it. */
export interface LegacyPerson {
  readonly told: ToldPerson
  readonly isOpen: boolean
  readonly password: string | null
  readonly salt: string | null
}

export interface LegacyRows {
  /** The one person who has this login. */
  byLogin(login: string): Promise<Result<LegacyPerson, 'unknown' | 'ambiguous'>>
  byIds(ids: readonly string[]): Promise<readonly LegacyPerson[]>
  all(): AsyncIterable<readonly LegacyPerson[]>
  close(): Promise<void>
}

/** Lines that one login may find before the gate compares for itself; databases take more letters for equal than it does. */
const CANDIDATES = 50
const PAGE = 500

/** The columns that are mapped, the key first: pages follow it. */
const columnsOf = ({ columns }: LegacyTableSettings): Record<Column, string> => {
  const { id, ...others } = columns
  const mapped = Object.entries(others).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { id, ...Object.fromEntries(mapped) } as Record<Column, string>
}

/** Padding of CHAR columns is no part of a value. */
const valueOf = (row: Row, column: Column): string | undefined => row[column]?.trimEnd()

const isOpen = (row: Row, { columns, 'open-values': open }: LegacyTableSettings): boolean => {
  if (columns.state === undefined) return true
  const state = valueOf(row, 'state')?.toLowerCase()
  return state !== undefined && open.some((value) => value.toLowerCase() === state)
}

const personOf = (row: Row, settings: LegacyTableSettings): LegacyPerson => ({
  told: {
    externalId: valueOf(row, 'id') ?? '',
    login: valueOf(row, 'login') ?? '',
    name: valueOf(row, 'name'),
    givenName: valueOf(row, 'given-name'),
    familyName: valueOf(row, 'family-name'),
    email: settings.columns.email === undefined ? undefined : (valueOf(row, 'email') ?? null),
    nationalId: valueOf(row, 'national-id'),
    rpps: valueOf(row, 'rpps'),
    roles: (valueOf(row, 'roles') ?? '').split(/[,;| ]+/).filter((role) => role !== ''),
  },
  isOpen: isOpen(row, settings),
  password: row.password,
  salt: row.salt ?? null,
})

const keyOf = (login: string): string | null => {
  const key = loginKey(login)
  return key.ok ? key.value : null
}

/**
 * Who has a login is decided here, not by the database, whose rules differ with its collation: by the gate's own key, under
 * which wrong tries are counted too. Where spelling counts (`exact`), two people whose logins are one here are nobody.
 */
const pick = (
  rows: readonly Row[],
  login: string,
  settings: LegacyTableSettings,
): Result<Row, 'unknown' | 'ambiguous'> => {
  const key = keyOf(login)
  const same = rows.filter((row) => keyOf(valueOf(row, 'login') ?? '') === key)
  const [row] = same
  if (key === null || row === undefined) return refuse('unknown')
  if (same.length > 1 || rows.length >= CANDIDATES) return refuse('ambiguous')
  const typed = login.normalize('NFC').trim()
  const isSpelled = settings['login-case'] === 'folded' || valueOf(row, 'login')?.normalize('NFC') === typed
  return isSpelled ? accept(row) : refuse('unknown')
}

export const openLegacyRows = (settings: LegacyTableSettings, log: Log): LegacyRows => {
  const { url, table: name, ca, connections } = settings
  const tls = { ...(ca === undefined ? {} : { ca }), minVersion: 'TLSv1.2', rejectUnauthorized: true } as const
  const table: ForeignTable<Column> = openForeignTable(
    {
      url,
      table: name,
      columns: columnsOf(settings),
      tls: settings.security === 'none' ? false : tls,
      limits: { connect: settings.connect, statement: settings.answer, connections, lock: 0 },
    },
    log,
  )
  return {
    byLogin: async (login) => {
      const key = keyOf(login)
      // What can be no login is not handed to the database, which may not take it at all (C-17); it is asked all the same.
      const typed = key === null ? '' : login.normalize('NFC').trim()
      // Letters beyond ASCII change case only where the database's locale says so: both spellings are asked for.
      const spellings = new Set([typed, typed.normalize('NFD'), key ?? '', typed.toUpperCase()])
      const rows = await table.find('login', [...spellings], CANDIDATES, key ?? '')
      const picked = pick(rows, login, settings)
      return picked.ok ? accept(personOf(picked.value, settings)) : picked
    },
    byIds: async (ids) => {
      const rows = await table.find('id', ids, ids.length)
      return rows.map((row) => personOf(row, settings))
    },
    all: async function* () {
      for await (const page of table.pages(PAGE)) yield page.map((row) => personOf(row, settings))
    },
    close: () => table.close(),
  }
}
