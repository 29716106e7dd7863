import type { AccountsTable } from '../../database/tables.ts'
import type { PasswordHasher } from '../password-hash.ts'
import type { HashChecker } from './check-hash.ts'
import type { Marks } from './mark.ts'
import type { ReadHash } from './read-hash.ts'
import type { LegacyPerson } from './rows.ts'

export interface PasswordProofParts {
  readonly hasher: PasswordHasher
  readonly checker: HashChecker
  readonly marks: Marks
  readonly readHash: ReadHash
  readonly spellingsOf: (password: string) => readonly Buffer[]
}

/** The hash that the gate has made of the password which the other application still has; null when there is none. */
export const movedHash = (known: AccountsTable | null, person: LegacyPerson, marks: Marks): string | null =>
  known !== null && marks.isOf(known.source_mark, person) ? known.password_hash : null

/**
 * Whether a password is somebody's. Every no costs one hash of the gate and one of the other application, whoever is asked
 * for and wherever their password is (C-02).
 */
export const createPasswordProof = ({ hasher, checker, marks, readHash, spellingsOf }: PasswordProofParts) => ({
  isRight: async (person: LegacyPerson, known: AccountsTable | null, password: string): Promise<boolean> => {
    const moved = movedHash(known, person, marks)
    if (moved !== null) {
      const matches = await hasher.verify(moved, password)
      if (!matches) await checker.pretend(spellingsOf(password))
      return matches
    }
    const matches = await checker.check(readHash(person.password, person.salt), spellingsOf(password))
    if (!matches) await hasher.verify(null, password)
    return matches
  },
  /** The work of a no, for nobody. */
  pretend: async (password: string): Promise<void> => {
    await checker.pretend(spellingsOf(password))
    await hasher.verify(null, password)
  },
})
