import type { Random } from '../../lib/random.ts'
import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'

/** How long an answer to a challenge is awaited: long enough to fetch a security key from another room. */
export const CHALLENGE_LIFETIME = 5 * 60_000

/** Whom a challenge was drawn for: nobody else's answer to it counts. */
export type Asked =
  /** A sign-in under way. */
  | { readonly for: 'attempt'; readonly digest: string }
  /** A browser in which somebody wants to sign in without a login. */
  | { readonly for: 'browser'; readonly digest: string }
  /** Who enrols: the session, or the attempt, that holds the fresh proof. */
  | { readonly for: 'holder'; readonly digest: string }

const nameOf = (asked: Asked): string => keys.passkeyChallenge(`${asked.for}.${asked.digest}`)

/** Draws a challenge; one that was drawn before for the same is dead. */
export const drawChallenge = async (
  { store, random }: { readonly store: Store; readonly random: Random },
  asked: Asked,
): Promise<string> => {
  const challenge = random.token(32)
  await store.set(nameOf(asked), challenge, CHALLENGE_LIFETIME)
  return challenge
}

/**
 * Takes the challenge away, once on all nodes, before its answer is looked at: a statement that was caught on its way does
 * nothing a second time, here or on another node. Null when there is none (any more).
 */
export const takeChallenge = ({ store }: { readonly store: Store }, asked: Asked): Promise<string | null> =>
  store.take(nameOf(asked))
