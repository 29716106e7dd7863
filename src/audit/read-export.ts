import { open } from 'node:fs/promises'
import { readCell, readCsv } from '../lib/csv.ts'
import { FIELDS, type AuditRecord } from './canonical.ts'
import type { Link } from './chain-check.ts'
import type { Head } from './chain.ts'
import { COLUMNS, SEPARATOR, type Statement } from './export.ts'

/** A line that cannot be part of an export of this version. */
export class ExportError extends Error {
  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`)
    this.name = 'ExportError'
  }
}

/** What the first line says, then one link a line; `previous` is the hash before it, where the line has it. */
export type ExportLine = { readonly statement: Statement } | { readonly link: Link; readonly before: Head | undefined }

const asObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

const isField = (name: string): boolean => FIELDS.some((field) => field === name)
const OTHERS = ['seq', 'previous', 'hash', 'seal']

/** The fields in the order in which they are hashed, whatever order the line has. */
const linkFrom = (values: Readonly<Record<string, unknown>>, line: number): Link => {
  const { seq, hash, seal } = values
  if (typeof seq !== 'number' || typeof hash !== 'string' || typeof seal !== 'string')
    throw new ExportError(line, 'not an event of the audit trail')
  const stranger = Object.keys(values).find((name) => !isField(name) && !OTHERS.includes(name))
  if (stranger !== undefined) throw new ExportError(line, `${stranger} is no field of an event that this version knows`)
  const said = FIELDS.flatMap((field) => (values[field] === undefined ? [] : [[field, values[field]]]))
  return { seq, record: Object.fromEntries(said) as AuditRecord, hash, seal }
}

const statementFrom = (values: Readonly<Record<string, unknown>>): Statement => {
  const { first, last, previous, hash, seal } = values
  const isWhole =
    [first, last].every(Number.isSafeInteger) && [previous, hash, seal].every((text) => typeof text === 'string')
  if (!isWhole) throw new ExportError(1, 'the statement of the export is not whole')
  return values as unknown as Statement
}

const readJsonLine = (text: string, line: number): ExportLine => {
  const values = asObject(text)
  if (values === undefined) throw new ExportError(line, 'not JSON')
  if (line === 1) return { statement: statementFrom(values) }
  return { link: linkFrom(values, line), before: undefined }
}

const NUMBERS = new Set(['seq', 'times'])

const readCsvLine = (text: string, line: number): ExportLine => {
  const read = readCsv(text, SEPARATOR)
  const fields = read.ok ? read.value[0]?.fields : undefined
  if (fields?.length !== COLUMNS.length) throw new ExportError(line, 'not as many columns as the first line has')
  const values: Record<string, unknown> = {}
  COLUMNS.forEach((column, at) => {
    const value = readCell(fields[at] ?? '')
    if (value !== '') values[column] = NUMBERS.has(column) ? Number(value) : value
  })
  const link = linkFrom(values, line)
  return { link, before: { seq: link.seq - 1, hash: String(values['previous']) } }
}

const isCsvHead = (text: string): boolean => text.replace(/^\ufeff/, '') === COLUMNS.join(SEPARATOR)
const isJsonHead = (text: string): boolean => asObject(text)?.['portillon-audit'] === 1

/**
 * Reads an export, of either form, line by line.
 * @throws {ExportError} at a line that is none; what opening a file throws
 */
export async function* readExport(file: string): AsyncGenerator<ExportLine> {
  await using handle = await open(file)
  let line = 0
  let read: typeof readJsonLine | undefined
  for await (const text of handle.readLines({ encoding: 'utf8' })) {
    line += 1
    if (read === undefined) {
      if (isJsonHead(text)) read = readJsonLine
      else if (isCsvHead(text)) {
        read = readCsvLine
        continue
      } else throw new ExportError(line, 'not the beginning of an export of the audit trail')
    }
    yield read(text, line)
  }
}
