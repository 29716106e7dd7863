import { isSameDigest, keyedDigest, type PurposeKey } from '../lib/digest.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'

/** How long a browser stays known after the last sign-in in it, milliseconds. */
export const KNOWN_LIFETIME = 180 * 86_400_000

/** People of one browser, such as that of a ward; the one who signed in longest ago goes. */
const MOST_PEOPLE = 12

/** 132 bits of the mark: nobody makes one up. */
const MARK_LENGTH = 22

const ID = /^[A-Za-z0-9_-]{24}$/
const ENTRY = /^(?<until>[0-9a-z]{1,11})~(?<mark>[A-Za-z0-9_-]{22})$/

/** Whose the browser would be. */
export interface Person {
  readonly realm: string
  /** Folded login: `accounts/login-key`. */
  readonly login: string
}

/**
 * Browsers in which somebody has signed in before, as OWASP describes device cookies. Such a browser grants nothing; what
 * fails in it is counted apart from what strangers do to the same account, so that they cannot lock its owner out (C-05).
 * Everything is in the cookie: an identifier drawn at random and one mark for each person, which only the gate can make and
 * which names nobody. There is nothing to look up, to fill or to lose.
 */
export interface KnownBrowsers {
  /** The identifier of the browser; null when it does not show that this person has signed in there. */
  recognise(shown: string | undefined, person: Person): string | null
  /** What it is to show from now on, that of other people kept. */
  remember(shown: string | undefined, person: Person): string
}

interface Entry {
  readonly until: number
  readonly mark: string
}

const entryOf = (text: string): readonly Entry[] => {
  const { until, mark } = ENTRY.exec(text)?.groups ?? {}
  return until === undefined || mark === undefined ? [] : [{ until: Number.parseInt(until, 36), mark }]
}

/** Reads no more than the gate would have written. */
const read = (shown: string | undefined): { readonly id: string; readonly entries: readonly Entry[] } | null => {
  const [id = '', ...rest] = (shown ?? '').split('.', MOST_PEOPLE + 1)
  return ID.test(id) ? { id, entries: rest.flatMap(entryOf) } : null
}

export const createKnownBrowsers = (parts: { key: PurposeKey; clock: Clock; random: Random }): KnownBrowsers => {
  const { key, clock, random } = parts
  const markOf = (secret: Buffer, id: string, until: number, { realm, login }: Person): string =>
    keyedDigest(secret, 'known-browser', id, String(until), realm, login).slice(0, MARK_LENGTH)

  const isOf = (id: string, { until, mark }: Entry, person: Person): boolean =>
    key.every().some((secret) => isSameDigest(markOf(secret, id, until, person), mark))

  return {
    recognise: (shown, person) => {
      const browser = read(shown)
      if (browser === null) return null
      const now = clock.now()
      const { id, entries } = browser
      return entries.some((entry) => now < entry.until && isOf(id, entry, person)) ? id : null
    },
    remember: (shown, person) => {
      const { id, entries } = read(shown) ?? { id: random.token(18), entries: [] }
      const now = clock.now()
      const until = now + KNOWN_LIFETIME
      const others = entries.filter((entry) => now < entry.until && !isOf(id, entry, person))
      const newest = [{ until, mark: markOf(key.current(), id, until, person) }, ...others].slice(0, MOST_PEOPLE)
      return [id, ...newest.map(({ until: end, mark }) => `${end.toString(36)}~${mark}`)].join('.')
    },
  }
}
