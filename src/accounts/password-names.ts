import type { Site } from '../policy/schema.ts'
import type { Account } from './directory.ts'
import { fold } from './fold.ts'

export type Person = Pick<Account, 'login' | 'givenName' | 'familyName' | 'email'>

/** Shorter ones stand in too many words by chance; the estimate of guesses still knows them. */
const LEAST_NAME = 4

/** Letters and digits alone: « Jean-Marc » is in « jeanmarc59 » too. */
const squash = (text: string): string => fold(text).replaceAll(/[^\p{L}\p{N}]/gu, '')
const wordsOf = (text: string): string[] =>
  fold(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')

export interface Names {
  /** What a password must not be made of, longest first: folded, letters and digits alone. */
  readonly whole: readonly string[]
  /** Everything that somebody who guesses would begin with. */
  readonly words: readonly string[]
}

/**
 * What somebody tries first who knows the person and the service (ASVS 6.2.11): login, names, local part of the address;
 * the site, the application, the network.
 */
export const namesOf = (
  { login, givenName, familyName, email }: Person,
  site: Pick<Site, 'site' | 'name' | 'short-name' | 'network'>,
): Names => {
  const personal = [login, givenName, familyName, email?.slice(0, email.lastIndexOf('@')) ?? '']
  const { name, network, 'short-name': shortName = name } = site
  const service = [site.site, ...[name, shortName, network].flatMap(({ fr, en }) => [fr, en])]
  const whole = [...personal, ...service].map(squash)
  // A word of somebody's name is theirs; a word of the network's name, such as « France », is everybody's.
  const parts = personal.flatMap(wordsOf)
  return {
    whole: [...new Set([...whole, ...parts])]
      .filter((text) => text.length >= LEAST_NAME)
      .sort((a, b) => b.length - a.length),
    words: [...new Set([...whole, ...parts, ...service.flatMap(wordsOf)])].filter((text) => text.length > 1),
  }
}

/**
 * What is left of a password when names are taken out of it, letters and digits alone; null when it holds none of them. A
 * long phrase may hold a name: what is forbidden is a password made of names.
 */
export const restWithout = (names: readonly string[], password: string): string | null => {
  const text = squash(password)
  // A blank, which `squash` leaves none of, keeps the two sides from making a name that nobody typed.
  const rest = names.reduce((left, name) => left.replaceAll(name, ' '), text)
  return rest === text ? null : rest.replaceAll(' ', '')
}
