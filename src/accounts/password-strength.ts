import type { ZxcvbnFactory } from '@zxcvbn-ts/core'

/** How much of a password is looked at: the time grows faster than the length, and what 32 characters hold is enough. */
const LOOKED_AT = 32
/** Ways of reading `4` as `a` and the like that are tried: ten of them find « P@ssw0rd », hundreds take seconds. */
const SUBSTITUTIONS = 10
/** Score 2 of zxcvbn begins at a million guesses: more than the limits on guessing let through in a lifetime. */
const LEAST_SCORE = 2

const DICTIONARIES = [
  'commonWords-fr',
  'firstnames-fr',
  'lastnames-fr',
  'daysOfWeek-fr',
  'months-fr',
  'seasons-fr',
] as const

interface Knowledge {
  /** Common passwords, in lower case. */
  readonly common: ReadonlySet<string>
  readonly estimator: ZxcvbnFactory
}

const learn = async (): Promise<Knowledge> => {
  const { ZxcvbnFactory: Factory } = await import('@zxcvbn-ts/core')
  const { dictionary: general, adjacencyGraphs: graphs } = await import('@zxcvbn-ts/language-common')
  const { dictionary: french } = await import('@zxcvbn-ts/language-fr')
  const passwords = general['passwords-common']
  const dictionary = { passwords, ...Object.fromEntries(DICTIONARIES.map((name) => [name, french[name]])) }
  const options = { dictionary, graphs, maxLength: LOOKED_AT, l33tMaxSubstitutions: SUBSTITUTIONS }
  return { common: new Set(passwords), estimator: new Factory(options) }
}

/** Read with the first new password: a process that changes none needs neither the time nor the memory. */
let knowledge: Promise<Knowledge> | undefined
const known = (): Promise<Knowledge> => (knowledge ??= learn())

/** Whether it is one of some 49,000 that people choose most, in whatever case (C-13; ASVS 6.2.4). */
export const isCommonPassword = async (password: string): Promise<boolean> => {
  const { common } = await known()
  return common.has(password.normalize('NFC').toLowerCase())
}

/** @param names what whoever guesses would try first: see accounts/password-names */
export const isGuessable = async (password: string, names: readonly string[]): Promise<boolean> => {
  const { estimator } = await known()
  const characters = Array.from(password.normalize('NFC'))
  // Of a long one both ends are looked at: neither a weak beginning nor a weak end makes it weak.
  const ends =
    characters.length > LOOKED_AT ? [characters.slice(0, LOOKED_AT), characters.slice(-LOOKED_AT)] : [characters]
  return ends.every((part) => estimator.check(part.join(''), [...names]).score < LEAST_SCORE)
}
