import { randomBytes, randomInt } from 'node:crypto'

/** The only source of unpredictable values. Passed in so that tests can look at what was drawn. */
export interface Random {
  /** An identifier or secret of `bytes` random bytes (default 32, i.e. 256 bits), base64url without padding. */
  token(bytes?: number): string
  /** `count` decimal digits, each uniform, leading zeros kept (T-07). */
  digits(count: number): string
}

export const systemRandom: Random = {
  token: (bytes = 32) => randomBytes(bytes).toString('base64url'),
  digits: (count) => Array.from({ length: count }, () => randomInt(10)).join(''),
}
