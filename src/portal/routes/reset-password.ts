import type { Request, Response } from 'express'
import { z } from 'zod'
import { digest, isSameDigest } from '../../lib/digest.ts'
import { RESET_TOKEN, type LinkRefusal } from '../../passwords/links.ts'
import { cookieLine, readCookie } from '../cookies.ts'
import { flowSite } from '../flow-site.ts'
import { field, takeForm, textOf } from '../form.ts'
import { liveSession } from '../live.ts'
import { saidOf, saidOfFields, showNewPassword, type NewPasswordSaid } from '../new-password-page.ts'
import type { PortalParts } from '../portal-parts.ts'
import { rememberBrowser } from '../remember-browser.ts'
import { answerRefusedForm } from '../refused-form.ts'
import { visitOf, type Visit } from '../visit.ts'
import { visitorOf } from '../visitor.ts'

const PATH = '/password/reset'
/** The cookie outlives the link, so that the page can say that its time is over. */
const COOKIE_MARGIN = 3_600

const form = z.object({ link: field(64), password: field(4_096), again: field(4_096).optional() })

/** The token that this browser came with; undefined when it did not come by a link. */
const tokenOf = ({ request, site }: Visit): string | undefined => {
  const token = readCookie(request, site, 'reset')
  return token !== undefined && RESET_TOKEN.test(token) ? token : undefined
}

const showGone = (parts: PortalParts, response: Response, reason: LinkRefusal): void => {
  const { site } = visitOf(response.req)
  const { prefix } = site
  const againHref = site.site.password.forgotten === 'mail' ? `${prefix}/password/forgot` : null
  const model = { reason, againHref, signInHref: `${prefix}/sign-in` }
  parts.pages.show(response, 'reset-gone', model, reason === 'unknown' ? 404 : 410)
}

/** The form of a link that can be used, or what became of it. */
const show = async (parts: PortalParts, response: Response, token: string, said?: NewPasswordSaid): Promise<void> => {
  const visit = visitOf(response.req)
  const opened = await parts.passwords.openLink(flowSite(visit, parts.clock), token)
  if (!opened.ok) {
    showGone(parts, response, opened.reason)
    return
  }
  showNewPassword(parts, response, {
    kind: 'reset',
    because: null,
    action: PATH,
    // Names the link that the page was made for: this browser may have opened another one in another tab since.
    hidden: { link: digest(token) },
    holder: opened.value,
    cancelHref: `${visit.site.prefix}/sign-in`,
    ...(said === undefined ? {} : { said }),
  })
}

/**
 * GET of the link in a mail: takes the token out of the address, into a cookie that scripts and other sites do not see, and
 * goes on to an address that can be logged, remembered and sent as Referer (T-24, X-10). Nothing is used up: mail scanners
 * open links before people do (R22).
 */
export const showReset =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    if (request.query['link'] !== undefined) {
      const token = textOf(request.query, 'link')
      const life = Math.round(site.site.password['reset-link'] / 1_000) + COOKIE_MARGIN
      const isLink = RESET_TOKEN.test(token)
      response.append('Set-Cookie', cookieLine(site, 'reset', isLink ? token : '', isLink ? life : 0))
      response.set('Referrer-Policy', 'no-referrer')
      parts.pages.go(response, `${site.prefix}${PATH}`)
      return
    }
    const token = tokenOf(visit)
    if (token === undefined) showGone(parts, response, 'unknown')
    else await show(parts, response, token)
  }

/** POST: the new password. It opens no session (T-23). */
export const takeReset =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const taken = takeForm(request, form, parts.browsers)
    const token = tokenOf(visit)
    const isOwnLink = taken.ok && token !== undefined && isSameDigest(digest(token), taken.value.fields.link)
    if (!taken.ok && taken.reason !== 'stale') {
      await answerRefusedForm(parts, response, taken.reason)
      return
    }
    if (!taken.ok || !isOwnLink) {
      parts.pages.go(response, `${site.prefix}${PATH}`)
      return
    }
    const { fields, browser } = taken.value
    const missing = saidOfFields({ password: fields.password, again: fields.again })
    if (missing !== null) {
      await show(parts, response, token, missing)
      return
    }
    const at = flowSite(visit, parts.clock)
    const reset = await parts.passwords.reset(at, visitorOf(visit, browser), token, fields.password)
    if (reset.ok) {
      // Whoever reads the mail of an account is no stranger to it: the way in while strangers fail there (C-05).
      rememberBrowser(parts, visit, reset.value)
      response.append('Set-Cookie', cookieLine(site, 'reset', '', 0))
      parts.pages.go(response, `${site.prefix}/password/changed`)
    } else if (reset.reason.reason === 'link') showGone(parts, response, reset.reason.link)
    else await show(parts, response, token, saidOf(reset.reason))
  }

/** GET, after a change: what is so now, and the next step. */
export const showPasswordChanged =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const isSignedIn = (await liveSession(visit)) !== null
    const nextHref = isSignedIn ? `${visit.site.prefix}/account` : `${visit.site.prefix}/sign-in`
    parts.pages.show(response, 'password-changed', { isSignedIn, nextHref })
  }
