import { hash } from 'node:crypto'
import type { AuditEntry } from './entry.ts'

/** What an event may say beside when and what, in the order in which it is written everywhere. */
const DETAILS = [
  ...(['site', 'account', 'login', 'actor', 'way', 'method', 'address', 'session', 'detail', 'reference'] as const),
  'times',
] as const

/** Every field of an event, in the order of log lines and exports. */
export const FIELDS = ['id', 'at', 'event', 'result', ...DETAILS] as const

type Detail = (typeof DETAILS)[number]

/** An event as people and other programs read it: time in UTC, what is not said left out. */
export type AuditRecord = Readonly<
  Record<'id' | 'at' | 'event' | 'result', string> &
    Partial<Record<Exclude<Detail, 'times'>, string>> & {
      times?: number
    }
>

export const recordOf = (entry: AuditEntry): AuditRecord => {
  const { id, at, event, result } = entry
  const record: Record<string, string | number> = { id, at: new Date(at).toISOString(), event, result }
  for (const name of DETAILS) {
    const value = entry[name]
    if (value !== null) record[name] = value
  }
  return record as AuditRecord
}

/**
 * The one text of an event that is hashed: JSON as ECMAScript writes it, without blanks, its place first, then the fields
 * in the order above. What is not said is not there, so that a field of a later version changes no hash of before.
 */
export const canonicalText = (seq: number, record: AuditRecord): string => JSON.stringify({ seq, ...record })

/** SHA-256, base64url, of the hash before, a line feed and the text: anybody can compute it. */
export const chainHash = (previous: string, text: string): string => hash('sha256', `${previous}\n${text}`, 'base64url')
