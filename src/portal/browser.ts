import type { Response } from 'express'
import { digest, isSameDigest, keyedDigest, type PurposeKey } from '../lib/digest.ts'
import type { Random } from '../lib/random.ts'
import { cookieLine, readCookie } from './cookies.ts'
import { visitOf, type Visit } from './visit.ts'

const BROWSER_ID = /^[A-Za-z0-9_-]{32}$/

/**
 * The browser's own identifier: a random cookie that grants nothing. Forms and attempts are tied to it, so that neither a
 * form of another site nor the link of another browser's sign-in does anything here (C-16, W-09, S-02).
 */
export interface Browsers {
  /** The identifier, given to the browser now if it has none. */
  ensure(response: Response): string
  /** The identifier that the browser sent, or undefined: it refuses cookies or never saw a page of ours. */
  known(visit: Pick<Visit, 'request' | 'site'>): string | undefined
  /** The token that the forms of this browser carry. */
  csrf(browser: string): string
  isOwnForm(browser: string, token: string): boolean
}

export const createBrowsers = (parts: { random: Random; key: PurposeKey }): Browsers => {
  const known: Browsers['known'] = (visit) => {
    const value = readCookie(visit.request, visit.site, 'browser')
    return value !== undefined && BROWSER_ID.test(value) ? value : undefined
  }
  const tokenOf = (key: Buffer, browser: string) => keyedDigest(key, 'csrf', browser)
  return {
    known,
    ensure: (response) => {
      const visit = visitOf(response.req)
      const present = known(visit)
      if (present !== undefined) return present
      const fresh = parts.random.token(24)
      response.append('Set-Cookie', cookieLine(visit.site, 'browser', fresh))
      return fresh
    },
    csrf: (browser) => tokenOf(parts.key.current(), browser),
    isOwnForm: (browser, token) => parts.key.every().some((key) => isSameDigest(tokenOf(key, browser), token)),
  }
}

/** How attempts name a browser: never by what it holds. */
export const browserDigest = (browser: string): string => digest(browser)
