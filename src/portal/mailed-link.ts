import type { Request, Response } from 'express'
import type { z } from 'zod'
import { digest, isSameDigest } from '../lib/digest.ts'
import { cookieLine, readCookie, type CookieKind } from './cookies.ts'
import { takeForm, textOf, type TakenForm } from './form.ts'
import type { PortalParts } from './portal-parts.ts'
import { answerRefusedForm } from './refused-form.ts'
import { visitOf, type Visit } from './visit.ts'

/** A page that opens by a link in a mail. */
export interface MailedLink {
  readonly cookie: Extract<CookieKind, 'reset' | 'not-me'>
  /** What a token of such a link looks like. */
  readonly token: RegExp
  /** The page, below the prefix. */
  readonly path: string
}

/** The cookie outlives the link, so that the page can say that its time is over; seconds. */
const COOKIE_MARGIN = 3_600

/** The token that this browser came with; undefined when it did not come by a link. */
export const tokenOf = ({ request, site }: Visit, link: MailedLink): string | undefined => {
  const token = readCookie(request, site, link.cookie)
  return token !== undefined && link.token.test(token) ? token : undefined
}

/**
 * Takes the token out of the address, into a cookie that scripts and other sites do not see, and goes on to an address that
 * can be logged, remembered and sent as Referer (T-24, X-10). Nothing is used up: mail scanners open links before people do
 * (R22).
 * @param lifetime of the link, milliseconds
 * @returns whether it did: there was something in the address
 */
export const takeTokenOutOfAddress = (
  parts: PortalParts,
  request: Request,
  response: Response,
  link: MailedLink,
  lifetime: number,
): boolean => {
  if (request.query['link'] === undefined) return false
  const { site } = visitOf(request)
  const token = textOf(request.query, 'link')
  const isLink = link.token.test(token)
  const life = Math.round(lifetime / 1_000) + COOKIE_MARGIN
  response.append('Set-Cookie', cookieLine(site, link.cookie, isLink ? token : '', isLink ? life : 0))
  response.set('Referrer-Policy', 'no-referrer')
  parts.pages.go(response, `${site.prefix}${link.path}`)
  return true
}

/** Names the link that a page was made for: this browser may have opened another one in another tab since. */
export const linkName = (token: string): string => digest(token)

/** The form of such a page, for the link that the browser holds; null once anything else has been answered. */
export const takeLinkForm = async <Schema extends z.ZodType<{ readonly link: string }>>(
  parts: PortalParts,
  response: Response,
  link: MailedLink,
  schema: Schema,
): Promise<(TakenForm<Schema> & { readonly token: string }) | null> => {
  const visit = visitOf(response.req)
  const taken = takeForm(response.req, schema, parts.browsers)
  if (!taken.ok && taken.reason !== 'stale') {
    await answerRefusedForm(parts, response, taken.reason)
    return null
  }
  const token = tokenOf(visit, link)
  if (taken.ok && token !== undefined && isSameDigest(linkName(token), taken.value.fields.link))
    return { ...taken.value, token }
  parts.pages.go(response, `${visit.site.prefix}${link.path}`)
  return null
}
