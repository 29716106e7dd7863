import { readCsv, type CsvProblem, type CsvRecord } from '../lib/csv.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import { checkEntry, type AccountEntry, type CheckedEntry, type EntryProblem } from './entry.ts'

const REQUIRED = ['login', 'given_name', 'family_name'] as const
/** The columns of an import file, in any order; the first line names them. */
export const IMPORT_COLUMNS = [...REQUIRED, 'name', 'email', 'national_id', 'roles', 'password_hash'] as const
type Column = (typeof IMPORT_COLUMNS)[number]

/** Accounts in one file; more are split, so that the audit trail can hold what an import has to say. */
export const IMPORT_LIMIT = 20_000

/** What makes a whole file unreadable, and what makes one line of it wrong. */
export type FileProblem =
  'file-empty' | 'file-too-long' | `column-${'unknown' | 'repeated' | 'missing'}` | CsvProblem['problem']
export type LineProblem = 'fields-count' | 'login-repeated' | 'login-taken' | EntryProblem

export interface ImportFault<Problem = FileProblem | LineProblem> {
  /** Line of the file, counted from 1, on which the record begins. */
  readonly line: number
  readonly problem: Problem
  /** The column's name, where the problem is about one of the header's. */
  readonly column?: string
}

export interface ImportLine {
  readonly line: number
  readonly entry: CheckedEntry
}

export interface ReadAccounts {
  readonly lines: readonly ImportLine[]
  readonly faults: readonly ImportFault<LineProblem>[]
}

const isColumn = (name: string): name is Column => IMPORT_COLUMNS.some((column) => column === name)

const checkHeader = ({ line, fields }: CsvRecord): Result<readonly Column[], readonly ImportFault<FileProblem>[]> => {
  const names = fields.map((field) => field.trim().toLowerCase())
  const columns = names.filter(isColumn)
  const faults = [
    ...names.filter((name) => !isColumn(name)).map((column) => ({ line, problem: 'column-unknown', column }) as const),
    ...columns
      .filter((column, index) => columns.indexOf(column) !== index)
      .map((column) => ({ line, problem: 'column-repeated', column }) as const),
    ...REQUIRED.filter((column) => !columns.includes(column)).map(
      (column) => ({ line, problem: 'column-missing', column }) as const,
    ),
  ]
  return faults.length > 0 ? refuse(faults) : accept(columns)
}

/** Roles are parted by semicolons; where those part the columns, also by commas or bars, without need of quotes. */
const rolesOf = (field: string): string[] => field.split(/[;,|]/)

const entryOf = (columns: readonly Column[], fields: readonly string[]): AccountEntry => {
  const field = (column: Column): string => fields[columns.indexOf(column)] ?? ''
  return {
    login: field('login'),
    givenName: field('given_name'),
    familyName: field('family_name'),
    name: field('name'),
    email: field('email'),
    nationalId: field('national_id'),
    roles: rolesOf(field('roles')),
    passwordHash: field('password_hash'),
  }
}

const checkLines = (columns: readonly Column[], records: readonly CsvRecord[]): ReadAccounts => {
  const lines: ImportLine[] = []
  const faults: ImportFault<LineProblem>[] = []
  const seen = new Set<string>()
  for (const { line, fields } of records) {
    const checked =
      fields.length === columns.length ? checkEntry(entryOf(columns, fields)) : refuse(['fields-count'] as const)
    if (!checked.ok) faults.push(...checked.reason.map((problem) => ({ line, problem })))
    else if (seen.has(checked.value.loginKey)) faults.push({ line, problem: 'login-repeated' })
    else {
      seen.add(checked.value.loginKey)
      lines.push({ line, entry: checked.value })
    }
  }
  return { lines, faults }
}

/**
 * Reads an import file: a header, then one account a line, separated by commas or, as spreadsheets set to French write,
 * by semicolons; the header tells which. Every fault is found in one reading.
 * @returns the good lines and the faults of the others, or a refusal when the file as a whole cannot be read
 */
export const readAccounts = (text: string): Result<ReadAccounts, readonly ImportFault<FileProblem>[]> => {
  const content = text.replace(/^\u{FEFF}/u, '')
  const [firstLine = ''] = content.split(/\r|\n/, 1)
  const records = readCsv(content, firstLine.includes(';') ? ';' : ',')
  if (!records.ok) return refuse([records.reason])
  const [header, ...rest] = records.value
  if (header === undefined || rest.length === 0) return refuse([{ line: 1, problem: 'file-empty' }])
  if (rest.length > IMPORT_LIMIT) return refuse([{ line: 1, problem: 'file-too-long' }])
  const columns = checkHeader(header)
  return columns.ok ? accept(checkLines(columns.value, rest)) : columns
}
