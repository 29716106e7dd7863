import type { Request, Response } from 'express'
import { z } from 'zod'
import { digest, isSameDigest } from '../../lib/digest.ts'
import { NOT_ME_LIFETIME, NOT_ME_TOKEN, type NotMeRefusal } from '../../notices/links.ts'
import { cookieLine, readCookie } from '../cookies.ts'
import { flowSite } from '../flow-site.ts'
import { field, takeForm, textOf } from '../form.ts'
import type { PortalParts } from '../portal-parts.ts'
import { answerRefusedForm } from '../refused-form.ts'
import { visitOf, type Visit } from '../visit.ts'
import { visitorOf } from '../visitor.ts'
import { mailsLinks } from './forgotten.ts'

const PATH = '/not-me'
/** The cookie outlives the link, so that the page can say that its time is over. */
const COOKIE_LIFE = Math.round(NOT_ME_LIFETIME / 1_000) + 3_600

const form = z.object({ link: field(64) })

/** The token that this browser came with; undefined when it did not come by a link. */
const tokenOf = ({ request, site }: Visit): string | undefined => {
  const token = readCookie(request, site, 'not-me')
  return token !== undefined && NOT_ME_TOKEN.test(token) ? token : undefined
}

const resetHref = ({ site }: Visit): string | null => (mailsLinks(site.site) ? `${site.prefix}/password/forgot` : null)

const showGone = (parts: PortalParts, response: Response, reason: NotMeRefusal): void => {
  const { prefix } = visitOf(response.req).site
  const model = { reason, signInHref: `${prefix}/sign-in` }
  parts.pages.show(response, 'not-me-gone', model, reason === 'unknown' ? 404 : 410)
}

/** What the link is about and what the button does, or what became of the link. */
const show = async (parts: PortalParts, response: Response, token: string): Promise<void> => {
  const { site } = visitOf(response.req)
  const opened = await parts.notices.openLink(site.site.site, token)
  if (!opened.ok) {
    showGone(parts, response, opened.reason)
    return
  }
  const { kind, at, device, address } = opened.value
  parts.pages.show(response, 'not-me', {
    action: `${site.prefix}${PATH}`,
    csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
    // Names the link that the page was made for: this browser may have opened another one in another tab since.
    link: digest(token),
    kind,
    at: new Date(at).toISOString(),
    device,
    address,
  })
}

/**
 * GET of the link in a mail: takes the token out of the address, as for a new password (T-24), and goes on. Nothing is done
 * and nothing is used up: mail scanners open links before people do (R22).
 */
export const showNotMe =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    if (request.query['link'] !== undefined) {
      const token = textOf(request.query, 'link')
      const isLink = NOT_ME_TOKEN.test(token)
      response.append('Set-Cookie', cookieLine(site, 'not-me', isLink ? token : '', isLink ? COOKIE_LIFE : 0))
      response.set('Referrer-Policy', 'no-referrer')
      parts.pages.go(response, `${site.prefix}${PATH}`)
      return
    }
    const token = tokenOf(visit)
    if (token === undefined) showGone(parts, response, 'unknown')
    else await show(parts, response, token)
  }

/** POST « Ce n'était pas moi »: shuts the account to whoever was in it, and opens nothing (R31). */
export const takeNotMe =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const taken = takeForm(request, form, parts.browsers)
    if (!taken.ok && taken.reason !== 'stale') {
      await answerRefusedForm(parts, response, taken.reason)
      return
    }
    const token = tokenOf(visit)
    if (!taken.ok || token === undefined || !isSameDigest(digest(token), taken.value.fields.link)) {
      parts.pages.go(response, `${site.prefix}${PATH}`)
      return
    }
    const origin = { at: flowSite(visit, parts.clock), visitor: visitorOf(visit, taken.value.browser) }
    const disowned = await parts.notices.disown(origin, token)
    if (!disowned.ok) {
      showGone(parts, response, disowned.reason)
      return
    }
    const { isPasswordInvalid, factors } = disowned.value
    response.append('Set-Cookie', cookieLine(site, 'not-me', '', 0))
    parts.pages.show(response, 'not-me-done', {
      isPasswordInvalid,
      factors,
      resetHref: resetHref(visit),
      signInHref: `${site.prefix}/sign-in`,
    })
  }
