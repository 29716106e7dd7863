import { accept, refuse, type Result } from './result.ts'

/** One record and the line on which it begins, counted from 1 as editors do. */
export interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
}

export interface CsvProblem {
  readonly line: number
  readonly problem: 'quote-inside' | 'text-after-quote' | 'quote-unclosed'
}

/** A quoted field (doubled quotes inside), or one up to the next separator or end of line. */
const quoted = /"([^"]*(?:""[^"]*)*)"/y
const unquoted = { ',': /[^,\r\n]*/y, ';': /[^;\r\n]*/y } as const
export type CsvSeparator = keyof typeof unquoted

/**
 * Reads RFC 4180 strictly: records end with CRLF or LF, quotes stand around a whole field or not at all. Written here, as
 * it is shorter than the options of a library would be, and because a reader that guesses puts people into wrong columns.
 * An empty line is passed over. The first broken quote ends the reading: nothing behind it has a sure meaning.
 */
export const readCsv = (text: string, separator: CsvSeparator): Result<readonly CsvRecord[], CsvProblem> => {
  const records: CsvRecord[] = []
  let at = 0
  let line = 1
  while (at < text.length) {
    const begins = line
    const fields: string[] = []
    for (;;) {
      const pattern = text[at] === '"' ? quoted : unquoted[separator]
      pattern.lastIndex = at
      const match = pattern.exec(text)
      if (match === null) return refuse({ line, problem: 'quote-unclosed' })
      const [whole, inner] = match
      if (inner === undefined && whole.includes('"')) return refuse({ line, problem: 'quote-inside' })
      fields.push(inner === undefined ? whole : inner.replaceAll('""', '"'))
      line += whole.split('\n').length - 1
      at += whole.length
      if (text[at] !== separator) break
      at += 1
    }
    const end = /\r\n|\r|\n|$/y
    end.lastIndex = at
    const ending = end.exec(text)
    if (ending === null) return refuse({ line, problem: 'text-after-quote' })
    at += ending[0].length
    line += 1
    if (fields.length > 1 || fields[0] !== '') records.push({ line: begins, fields })
  }
  return accept(records)
}

/** A spreadsheet computes a cell that begins so, whoever wrote it: it may run a command of a visitor's choice. */
const FORMULA = /^[=+\-@\t\r']/

/**
 * A text as a spreadsheet shows it and never computes it: an apostrophe stands before what would be a formula, and before an
 * apostrophe, so that `readCell` gives back what was written.
 */
const writeCell = (text: string): string => (FORMULA.test(text) ? `'${text}` : text)

export const readCell = (cell: string): string => (cell.startsWith("'") ? cell.slice(1) : cell)

/** One record, without the end of its line. */
export const csvLine = (texts: readonly string[], separator: CsvSeparator): string =>
  texts
    .map((text) => {
      const cell = writeCell(text)
      return /["\r\n,;]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
    })
    .join(separator)
