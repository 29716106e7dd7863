import type { Site } from '../policy/schema.ts'
import { PASSWORD_BYTES } from './password-hash.ts'
import { namesOf, restWithout, type Person } from './password-names.ts'
import { isCommonPassword, isGuessable } from './password-strength.ts'
import { characterCount } from './plain-text.ts'

export type PasswordPolicy = Site['password']
type CharacterClass = PasswordPolicy['classes'][number]
export type PasswordRule = 'length' | 'too-long' | CharacterClass | 'names' | 'common' | 'guessable'

/** For whom a new password is, and where. */
export interface PasswordContext {
  readonly site: Pick<Site, 'site' | 'name' | 'short-name' | 'network' | 'password'>
  readonly person: Person
}

/** A special character is any that is neither letter, nor mark on a letter, nor digit; a blank is one (seed 003). */
const CLASSES: Readonly<Record<CharacterClass, RegExp>> = {
  upper: /\p{Lu}/u,
  lower: /\p{Ll}/u,
  digit: /\p{Nd}/u,
  special: /[^\p{L}\p{M}\p{N}]/u,
  'digit-or-special': /\p{Nd}|[^\p{L}\p{M}\p{N}]/u,
}

/**
 * What a new password lacks in length and characters, in the order of the policy. Characters are counted as people see them
 * typed: code points of the composed form that is hashed.
 */
export const unmetComposition = (
  password: string,
  policy: Pick<PasswordPolicy, 'length' | 'classes'>,
): PasswordRule[] => {
  if (Buffer.byteLength(password) > PASSWORD_BYTES) return ['too-long']
  const composed = password.normalize('NFC')
  const missing = policy.classes.filter((name) => !CLASSES[name].test(composed))
  return characterCount(composed) < policy.length ? ['length', ...missing] : missing
}

/** What must be left of a password without the names in it: enough to be a password by itself. */
const LEAST_REST = 8

/**
 * The rules of the site that a new password does not meet; none means that it may be set. Whether it is common or easily
 * guessed is looked at last, when nothing else is wrong with it.
 */
export const unmetPasswordRules = async (
  password: string,
  { site, person }: PasswordContext,
): Promise<readonly PasswordRule[]> => {
  const unmet = unmetComposition(password, site.password)
  if (!site.password.blocklist || unmet.includes('too-long')) return unmet
  const names = namesOf(person, site)
  const rest = restWithout(names.whole, password)
  if (rest !== null && characterCount(rest) < LEAST_REST) unmet.push('names')
  if (unmet.length > 0) return unmet
  if (await isCommonPassword(password)) return ['common']
  return (await isGuessable(password, names.words)) ? ['guessable'] : []
}
