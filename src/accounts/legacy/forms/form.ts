/** A stored hash of a password that was read and understood. */
export interface LegacyHash {
  /** What reports call its form: `bcrypt`, `{SSHA}`. Never a part of the hash. */
  readonly form: string
  /** Undefined where checking a password would cost more than the gate gives: the form is known, and of no use. */
  readonly verify?: (password: Buffer) => Promise<boolean>
}

/** Reads a hash of its own form; null for any other text. */
export type HashForm = (text: string) => LegacyHash | null

/** Known, but with costs that would stop the service for everybody else. */
export const tooCostly = (form: string): LegacyHash => ({ form: `${form}, too costly` })
