import type { LegacyTableSettings } from '../../config/instance.ts'
import { argon2 } from './forms/argon2.ts'
import { bcrypt, djangoBcrypt } from './forms/bcrypt.ts'
import { createConfiguredDigest } from './forms/configured-digest.ts'
import { djangoDigest, ldapDigest, springDigest } from './forms/digest.ts'
import type { HashForm, LegacyHash } from './forms/form.ts'
import { pbkdf2 } from './forms/pbkdf2.ts'
import { scrypt } from './forms/scrypt.ts'
import { shaCrypt } from './forms/sha-crypt.ts'

/** Every form that says itself what it is. A new one is one file and one word here. */
const FORMS: readonly HashForm[] = [
  bcrypt,
  djangoBcrypt,
  argon2,
  scrypt,
  pbkdf2,
  shaCrypt,
  ldapDigest,
  djangoDigest,
  springDigest,
]

/** Names that some systems put before a hash which says itself what it is: Spring Security, OpenLDAP, Dovecot, Django. */
const WRAPPING =
  /^(?:\{(?:bcrypt|argon2|scrypt|pbkdf2|crypt|blf-crypt|argon2id?|sha256-crypt|sha512-crypt)\}|(?:bcrypt|argon2)\$(?=\$?[2a]))/i

/** What a report says of a hash that nobody knows: its sign, or its looks; never a part that tells anything. */
const looksOf = (text: string): string => {
  const sign = /^(?:\$[A-Za-z0-9-]{1,12}\$|\{[A-Za-z0-9-]{1,16}\})/.exec(text)?.[0]
  if (sign !== undefined) return `unknown, begins with ${sign}`
  return `unknown, ${text.length} characters${/^[0-9a-f]+$/i.test(text) ? ' of hexadecimal' : ''}`
}

export type ReadHash = (text: string | null, salt: string | null) => LegacyHash

/**
 * Reads what stands in the column of the password. Never fails: an unknown form is one that verifies nothing, and is
 * reported. What a value says of itself comes first; the `digest` of the settings is for those that say nothing.
 */
export const createReadHash = ({ digest }: Pick<LegacyTableSettings, 'digest'>): ReadHash => {
  const configured = digest === undefined ? undefined : createConfiguredDigest(digest)
  return (stored, salt) => {
    const text = (stored ?? '').trim()
    if (text === '') return { form: 'none' }
    const bare = text.replace(WRAPPING, '').replace(/^argon2/, '$argon2')
    for (const form of FORMS) {
      const hash = form(text) ?? (bare === text ? null : form(bare))
      if (hash !== null) return hash
    }
    return configured?.(text, (salt ?? '').trim()) ?? { form: looksOf(text) }
  }
}
