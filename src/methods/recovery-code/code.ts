import { keyedDigest } from '../../lib/digest.ts'
import type { Random } from '../../lib/random.ts'

/** Crockford's letters: none is taken for another, read aloud or written by hand. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Letters of a code: 50 bits, far beyond what the throttle lets anybody try (T-20; NIST SP 800-63B §5.1.2 asks for 20). */
const LENGTH = 10

/** Codes of a set. */
export const SET_SIZE = 10

/** A code as people write it down: `7K4QD-M2XV9`. */
export const newCode = (random: Random): string => {
  // 32 letters divide a byte evenly: none is more likely than another.
  const letters = [...Buffer.from(random.token(LENGTH), 'base64url')].map((byte) => LETTERS.charAt(byte % 32))
  return `${letters.slice(0, 5).join('')}-${letters.slice(5).join('')}`
}

/** What was typed, in the one spelling that is compared; null for what cannot be a code. */
export const readCode = (given: string): string | null => {
  const code = given
    .toUpperCase()
    .replaceAll(/[\s\u00a0\u202f-]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
  return /^[0-9A-HJKMNP-TV-Z]{10}$/.test(code) ? code : null
}

/** Bound to the account: the same code of somebody else has another digest. */
export const digestOf = (key: Buffer, account: string, code: string): string =>
  keyedDigest(key, 'recovery-code', account, code)
