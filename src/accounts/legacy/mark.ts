import { isSameDigest, keyedDigest, type PurposeKey } from '../../lib/digest.ts'
import type { LegacyPerson } from './rows.ts'

/** What the key of marks is derived for. */
export const MARK_PURPOSE = 'legacy-mark'

/**
 * Tells whether the other application has changed a password since the gate made its own hash of it. Keyed: a plain digest
 * of a quick hash would let a reader of the gate's database guess as quickly as one of the other's.
 */
export interface Marks {
  of(person: LegacyPerson): string
  /** By the key of now or a former one. */
  isOf(mark: string | null, person: LegacyPerson): boolean
}

export const createMarks = (key: PurposeKey): Marks => {
  const digest = (secret: Buffer, { password, salt }: LegacyPerson) => keyedDigest(secret, password ?? '', salt ?? '')
  return {
    of: (person) => digest(key.current(), person),
    isOf: (mark, person) => mark !== null && key.every().some((secret) => isSameDigest(mark, digest(secret, person))),
  }
}
