import type { Random } from '../lib/random.ts'
import { unmetComposition, type PasswordPolicy } from './password-rules.ts'

/** Without the characters that are taken for one another when read aloud or off paper: 0 O o 1 l I. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const GROUP = 5

const draw = (random: Random): string => {
  for (;;) {
    // A byte beyond the last full round of the alphabet would make some characters likelier than others.
    const byte = Buffer.from(random.token(1), 'base64url')[0] ?? 255
    if (byte < 256 - (256 % ALPHABET.length)) return ALPHABET.charAt(byte % ALPHABET.length)
  }
}

/** A random password in groups (`aT7kp-…`), at least 115 bits, with the length and the characters that the site asks for. */
export const generatePassword = (random: Random, policy: PasswordPolicy): string => {
  const groups = Math.max(4, Math.ceil((policy.length + 1) / (GROUP + 1)))
  for (;;) {
    const password = Array.from({ length: groups }, () =>
      Array.from({ length: GROUP }, () => draw(random)).join(''),
    ).join('-')
    if (unmetComposition(password, policy).length === 0) return password
  }
}
