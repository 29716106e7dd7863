import { HSTS_SECONDS } from '../lib/hsts.ts'
import type { Site } from '../policy/schema.ts'
import type { AddedHeader } from '../policy/upstream.ts'
import type { CookieRules } from './cookies.ts'
import { createPublicAddress, type OnPublicAddress } from './public-address.ts'

/** What an answer says of itself, one bit each: the gate adds only what is missing. */
export const SAYS = {
  contentType: 1,
  'X-Content-Type-Options': 2,
  'X-Frame-Options': 4,
  'Referrer-Policy': 8,
  'Cross-Origin-Resource-Policy': 16,
} as const satisfies Record<AddedHeader | 'contentType', number>

export interface Protection {
  readonly name: string
  readonly value: string
  /** Of `SAYS`; 0: whatever the answer says. */
  readonly bit: number
}

/** What a site makes of the answers of its application; prepared once. */
export interface AnswerRules {
  readonly onPublicAddress: OnPublicAddress
  readonly cookies: CookieRules
  readonly protections: readonly Protection[]
  /**
   * Pages are shown in frames of record systems that the site's file lists: the application's `X-Frame-Options`, which cannot
   * name them, gives way to that list. So do browsers where a page says both (CSP 3, frame-ancestors).
   */
  readonly framed: boolean
}

/**
 * What pages of an application that knows nothing of it bear without harm (W-08):
 * - `nosniff`: an uploaded document is not run as a page or a script
 * - no frames in pages of other sites: our session would not be sent there anyway, but for neighbours of one domain
 * - no path of a patient's page in the Referer of a link that leaves; new browsers do that by themselves
 * - no pictures or scripts in pages of other sites
 *
 * A Content-Security-Policy or a Cross-Origin-Opener-Policy is not added: both break pages that were not written for them.
 */
const ADDED: Readonly<Record<AddedHeader, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** HSTS is the gate's word for the whole host: one page's `max-age=0` would take it back. */
const protectionsOf = (left: readonly AddedHeader[], secure: boolean): readonly Protection[] => [
  ...(secure ? [{ name: 'Strict-Transport-Security', value: `max-age=${HSTS_SECONDS}`, bit: 0 }] : []),
  ...(Object.keys(ADDED) as AddedHeader[])
    .filter((name) => !left.includes(name))
    .map((name) => ({ name, value: ADDED[name], bit: SAYS[name] })),
]

/** In a frame of these record systems, and of nobody else: in place of a refusal of all frames. */
const framedBy = (ancestors: readonly string[]): Protection => ({
  name: 'Content-Security-Policy',
  value: `frame-ancestors 'self' ${ancestors.join(' ')}`,
  bit: SAYS['X-Frame-Options'],
})

/** What becomes of the answers in a session whose call is shown in a frame (R26). */
export const framedAnswerRules = (rules: AnswerRules, ancestors: readonly string[]): AnswerRules => ({
  ...rules,
  framed: true,
  cookies: { ...rules.cookies, sameSite: 'framed' },
  protections: [...rules.protections.filter(({ name }) => name !== 'X-Frame-Options'), framedBy(ancestors)],
})

export const createAnswerRules = ({ upstream }: Site, origin: string, origins: ReadonlySet<string>): AnswerRules => {
  const secure = origin.startsWith('https:')
  return {
    onPublicAddress: createPublicAddress({ origin, origins, upstream: upstream.url }),
    cookies: {
      secure,
      httpOnly: new Set(upstream.cookies['http-only']),
      sameSite: upstream.cookies['same-site'],
      domains: upstream.cookies.domains,
    },
    protections: protectionsOf(upstream['headers-not-added'], secure),
    framed: false,
  }
}
