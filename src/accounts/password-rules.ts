import type { Site } from '../policy/schema.ts'
import { PASSWORD_BYTES } from './password-hash.ts'
import { characterCount } from './plain-text.ts'

export type PasswordPolicy = Site['password']
export type PasswordRule = 'length' | 'too-long' | PasswordPolicy['classes'][number]

/** A special character is any that is neither letter, nor mark on a letter, nor digit; a blank is one (seed 003). */
const CLASSES: Readonly<Record<PasswordPolicy['classes'][number], RegExp>> = {
  upper: /\p{Lu}/u,
  lower: /\p{Ll}/u,
  digit: /\p{Nd}/u,
  special: /[^\p{L}\p{M}\p{N}]/u,
  'digit-or-special': /\p{Nd}|[^\p{L}\p{M}\p{N}]/u,
}

/**
 * The rules of the site that a new password does not meet, in the order of the policy; none means that it may be set.
 * Characters are counted as people see them typed: code points of the composed form that is hashed.
 */
export const unmetPasswordRules = (password: string, policy: PasswordPolicy): PasswordRule[] => {
  if (Buffer.byteLength(password) > PASSWORD_BYTES) return ['too-long']
  const composed = password.normalize('NFC')
  const missing = policy.classes.filter((name) => !CLASSES[name].test(composed))
  return characterCount(composed) < policy.length ? ['length', ...missing] : missing
}
