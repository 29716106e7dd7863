import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.ts'
import type { LiveSession, SessionCache } from './cache.ts'
import { createCookieVerifier, findCookie, SEVERAL, type CookieSecrets } from './cookie.ts'
import { sessionDigest } from './digest.ts'

/** What a Cookie header says about who is asking. Everything but `live` is an anonymous visitor. */
export type PeekResult =
  /** No session cookie. */
  | { readonly state: 'none' }
  /** A session cookie that we did not sign, several of them, or one of another site. */
  | { readonly state: 'invalid' }
  /** Well signed, but there is no such session any more: it expired or was signed out (R32). */
  | { readonly state: 'ended'; readonly digest: string }
  | LiveSession

/**
 * Reads the session that express-session wrote, without express-session and without ever writing: HOT PATH. The answer
 * needs no promise when cookie and session were both seen in the last moments.
 * @throws {Fault} `store-unavailable`, rejecting the promise: an absent store is never an anonymous visitor
 */
export type Peek = (cookieHeader: string | undefined) => PeekResult | Promise<PeekResult>

export interface PeekOptions {
  readonly cache: SessionCache
  readonly secrets: CookieSecrets
  readonly cookieName: string
  /** Id of the site: the session of another one, its cookie carried over by hand, is none here. */
  readonly site: string
  readonly clock: Clock
}

const NONE: PeekResult = { state: 'none' }
const INVALID: PeekResult = { state: 'invalid' }

/** Verified cookies kept: a signature costs more than all the rest of a warm request. */
const MAX_COOKIES = 10_000

export const createPeek = ({ cache, secrets, cookieName, site, clock }: PeekOptions): Peek => {
  const verify = createCookieVerifier(secrets)
  const prefix = `${cookieName}=`
  /** Only what was well signed is kept, so that nobody can fill this with inventions. */
  const digests = new LRUCache<string, string>({ max: MAX_COOKIES })
  let signedBy = secrets()

  const digestOf = (value: string): string | undefined => {
    if (secrets() !== signedBy) {
      // A secret that was withdrawn must not go on in what it once signed.
      signedBy = secrets()
      digests.clear()
    }
    const known = digests.get(value)
    if (known !== undefined) return known
    const id = verify(value)
    if (id === undefined) return undefined
    const digest = sessionDigest(id)
    // A copy: a piece of a header would keep that whole header in memory for as long as it is remembered.
    digests.set(Buffer.from(value, 'latin1').toString('latin1'), digest)
    return digest
  }

  const here = (session: LiveSession): PeekResult => (session.record.site === site ? session : INVALID)

  return (cookieHeader) => {
    if (cookieHeader === undefined) return NONE
    const value = findCookie(cookieHeader, prefix)
    if (value === undefined) return NONE
    const digest = value === SEVERAL ? undefined : digestOf(value)
    if (digest === undefined) return INVALID
    const known = cache.get(digest, clock.now())
    if (known !== undefined) return here(known)
    return cache.read(digest).then((session) => (session === null ? { state: 'ended', digest } : here(session)))
  }
}
