import { hashEngine, type HashEngine } from './hash-engine.ts'
import { createTurns, type TurnFigures } from './turns.ts'

/**
 * Argon2id (the package's default) with the memory and passes of RFC 9106's second recommended option, on one lane: three
 * to five times the least that OWASP's Password Storage Cheat Sheet asks for (19 MiB, 2 passes), because sites may allow
 * passwords of eight characters. 30 to 50 ms of one core. Every hash in the table has these very costs, or the time of a
 * sign-in would tell accounts apart (C-02).
 */
const COSTS = { memoryCost: 65_536, timeCost: 3, parallelism: 1 }
const PREFIX = `$argon2id$v=19$m=${COSTS.memoryCost},t=${COSTS.timeCost},p=${COSTS.parallelism}$`

/** Longest password, in bytes of UTF-8; anything longer is refused before it costs anything (C-15). */
export const PASSWORD_BYTES = 1_024

/** Checked against when there is no hash. Its digest was drawn at random: no password leads to it. */
const NOBODY = `${PREFIX}bm9ib2R5IGhhcyB0aGlzIQ$K3n5c0hW1t8qXo2yVbJ7Zr4uLd9pEa6sGfMTiQxwOkY`

const HASH = new RegExp(`^${PREFIX.replaceAll('$', '\\$')}[A-Za-z0-9+/]{22}\\$[A-Za-z0-9+/]{43}$`)

/** Whether a text is a hash as this gate makes them, for instance from another instance's export. */
export const isPasswordHash = (text: string): boolean => HASH.test(text)

export interface PasswordHasher {
  /**
   * @param password at most {@link PASSWORD_BYTES} bytes: check the rules first
   * @throws {RangeError} on a longer one
   */
  hash(password: string): Promise<string>
  /**
   * Whether the password leads to the hash. With `null` (unknown person, no password set) it takes the same time and is
   * false (C-02). A password that is too long is false at once, whoever is asked for.
   * @param from who asks: those who wait are served in turns (turns.ts)
   * @throws {Fault} `sign-in-busy` when too many are waiting
   */
  verify(hash: string | null, password: string, from?: string): Promise<boolean>
  /** How many are computed, wait, and were refused. */
  figures(): TurnFigures
}

export interface PasswordHasherOptions {
  /** Hashes computed at the same time; each takes one core and 64 MiB. */
  readonly concurrency?: number
  /** How many more may wait; beyond, `Fault('sign-in-busy')`: a flood must not pile up. */
  readonly waiting?: number
  /** What computes: threads of its own where the data path must not wait for it. */
  readonly engine?: HashEngine
}

/**
 * The bytes that are hashed: the password exactly as typed, blanks included and nothing cut, in Unicode's composed form
 * NFC, because a Mac and a PC send the same « é » differently (C-12). `undefined` when it is too long.
 */
const bytesOf = (password: string): Buffer | undefined =>
  Buffer.byteLength(password) > PASSWORD_BYTES ? undefined : Buffer.from(password.normalize('NFC'))

export const createPasswordHasher = (options: PasswordHasherOptions = {}): PasswordHasher => {
  const { concurrency = 2, waiting = 100, engine = hashEngine } = options
  const inTurn = createTurns(concurrency, waiting)
  return {
    hash: (password) => {
      const bytes = bytesOf(password)
      if (bytes === undefined) return Promise.reject(new RangeError(`a password has at most ${PASSWORD_BYTES} bytes`))
      return inTurn(() => engine.hash(bytes, COSTS))
    },
    verify: async (hash, password, from) => {
      const bytes = bytesOf(password)
      if (bytes === undefined) return false
      // A damaged hash costs as much as none: the answer and its time stay those of a wrong password.
      const known = hash !== null && isPasswordHash(hash)
      const matches = await inTurn(() => engine.verify(known ? hash : NOBODY, bytes), from)
      return known && matches
    },
    figures: () => inTurn.figures(),
  }
}
