import { z } from 'zod'
import { isSameDigest, keyedDigest } from '../../lib/digest.ts'
import type { Attempt } from '../../sign-in/attempt.ts'

/** Hashes of codes that a newer one has replaced, kept to tell somebody that they typed an older mail's code. */
const REMEMBERED = 5

const schema = z.object({
  hash: z.string(),
  until: z.number(),
  /** Counts the codes of the attempt, so that each has its own tries. */
  generation: z.number(),
  sentAt: z.number(),
  replaced: z.array(z.string()),
})

/** What is stored of a mailed code: never the code (S-21). */
export type CodeRecord = z.output<typeof schema>

export const parseCodeRecord = (text: string | null): CodeRecord | null => {
  if (text === null) return null
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** Keyed, because six digits are found by trying; bound to the attempt, so that no other sign-in can use it (T-05, G12). */
export const hashCode = (key: Buffer, attempt: Attempt, code: string): string =>
  keyedDigest(key, 'email-code', attempt.digest, code)

/** Names the pause between two codes: another address of the same person may be asked for at once. */
export const pauseOf = (attempt: Attempt, choice: string): string => `${attempt.digest}.${choice}`

export const nextRecord = (former: CodeRecord | null, hash: string, now: number, lifetime: number): CodeRecord => ({
  hash,
  until: now + lifetime,
  generation: (former?.generation ?? 0) + 1,
  sentAt: now,
  replaced: former === null ? [] : [former.hash, ...former.replaced].slice(0, REMEMBERED),
})

export type Comparison = 'right' | 'replaced' | 'wrong'

/** @param hashes of what was typed, one for every key that is still believed */
export const compareCode = (record: CodeRecord, hashes: readonly string[]): Comparison => {
  const isOneOf = (stored: string) => hashes.some((hash) => isSameDigest(stored, hash))
  if (isOneOf(record.hash)) return 'right'
  return record.replaced.some(isOneOf) ? 'replaced' : 'wrong'
}
