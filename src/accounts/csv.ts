import { accept, refuse, type Result } from '../lib/result.ts'

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
