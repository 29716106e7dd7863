import type { InTurn } from '../turns.ts'
import type { LegacyHash } from './forms/form.ts'

export interface HashChecker {
  /** Whether one of the spellings of a password leads to the hash. */
  check(hash: LegacyHash, password: readonly Buffer[]): Promise<boolean>
  /** The work of it for somebody who is not there, or whose password is kept otherwise; nothing comes of it. */
  pretend(password: readonly Buffer[]): Promise<void>
}

/** Verifies some at a time; `pretend` does what the last real hash asked, since that is what most accounts have (C-02). */
export const createHashChecker = (inTurn: InTurn): HashChecker => {
  let usual: LegacyHash | undefined
  const verify = async (hash: LegacyHash, password: readonly Buffer[]): Promise<boolean> => {
    // A form that throws on odd input verifies nothing.
    for (const bytes of password) {
      if ((await hash.verify?.(bytes).catch(() => false)) === true) return true
    }
    return false
  }
  return {
    check: (hash, password) => {
      if (hash.verify !== undefined) usual = hash
      return inTurn(() => verify(hash, password))
    },
    pretend: async (password) => {
      const { verify: work } = usual ?? {}
      if (usual !== undefined && work !== undefined) await inTurn(() => verify({ form: '', verify: work }, password))
    },
  }
}
