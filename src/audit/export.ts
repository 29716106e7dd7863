import { isSameDigest, keyedDigest } from '../lib/digest.ts'
import { csvLine, type CsvSeparator } from '../lib/csv.ts'
import type { Db } from '../database/tables.ts'
import { FIELDS } from './canonical.ts'
import type { Link } from './chain-check.ts'
import { readStretch, type Stretch } from './read.ts'

/** The first line of an export in JSON lines: what it holds, so that nothing can be taken from either end unseen. */
export interface Statement {
  readonly 'portillon-audit': 1
  /** Days in Paris, both in it. */
  readonly from: string
  readonly to: string
  /** Places of the first and the last event. */
  readonly first: number
  readonly last: number
  /** Hash of the event before the first one: the chain can be joined on to an export of before. */
  readonly previous: string
  /** Hash of the last event. */
  readonly hash: string
  readonly exported: string
  /** Over all that, with a key of the gate. */
  readonly seal: string
}

const sealOf = (key: Buffer, { seal: _seal, ...said }: Statement): string =>
  keyedDigest(key, 'export', JSON.stringify(said))

export const isStatementSealed = (keys: readonly Buffer[], statement: Statement): boolean =>
  keys.some((key) => isSameDigest(sealOf(key, statement), statement.seal))

/** French spreadsheets take a comma for the decimal sign. */
export const SEPARATOR: CsvSeparator = ';'

/** The columns of an export for spreadsheets: each line holds the hash before it, for there is no statement. */
export const COLUMNS = ['seq', ...FIELDS, 'previous', 'hash', 'seal'] as const

const jsonLine = ({ seq, record, hash, seal }: Link): string => JSON.stringify({ seq, ...record, hash, seal })

const cellsOf = ({ seq, record, hash, seal }: Link, previous: string): string[] => [
  String(seq),
  ...FIELDS.map((field) => String(record[field] ?? '')),
  ...[previous, hash, seal],
]

export interface ExportParts {
  readonly db: Db
  readonly stretch: Stretch
  /** Hash of the event before the stretch. */
  readonly previous: string
}

/** An export in JSON lines, in portions of whole lines. */
export async function* exportJson(
  { db, stretch, previous }: ExportParts,
  said: Pick<Statement, 'from' | 'to' | 'exported' | 'hash'>,
  key: Buffer,
): AsyncGenerator<string> {
  const { from, to, hash, exported } = said
  const whole = {
    'portillon-audit': 1,
    from,
    to,
    first: stretch.from,
    last: stretch.to,
    previous,
    hash,
    exported,
  } as const
  yield `${JSON.stringify({ ...whole, seal: sealOf(key, { ...whole, seal: '' }) })}\n`
  for await (const links of readStretch(db, stretch)) yield links.map((link) => `${jsonLine(link)}\n`).join('')
}

/** The same for spreadsheets, which know UTF-8 by its first bytes. */
export async function* exportCsv({ db, stretch, previous: before }: ExportParts): AsyncGenerator<string> {
  let previous = before
  const line = (cells: readonly string[]): string => `${csvLine(cells, SEPARATOR)}\r\n`
  yield `\ufeff${line(COLUMNS)}`
  for await (const links of readStretch(db, stretch)) {
    yield links
      .map((link) => {
        const text = line(cellsOf(link, previous))
        previous = link.hash
        return text
      })
      .join('')
  }
}
