import type { Request, Response } from 'express'
import { z } from 'zod'
import { NOT_ME_LIFETIME, NOT_ME_TOKEN, type NotMeRefusal } from '../../notices/links.ts'
import { cookieLine } from '../cookies.ts'
import { flowSite } from '../flow-site.ts'
import { field } from '../form.ts'
import { linkName, takeLinkForm, takeTokenOutOfAddress, tokenOf, type MailedLink } from '../mailed-link.ts'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf, type Visit } from '../visit.ts'
import { visitorOf } from '../visitor.ts'
import { mailsLinks } from './forgotten.ts'

const LINK: MailedLink = { cookie: 'not-me', token: NOT_ME_TOKEN, path: '/not-me' }

const form = z.object({ link: field(64) })

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
  const { kind, at, device, address, by } = opened.value
  parts.pages.show(response, 'not-me', {
    action: `${site.prefix}${LINK.path}`,
    csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
    link: linkName(token),
    kind,
    by,
    at: new Date(at).toISOString(),
    device,
    address,
  })
}

/** GET of the link in a mail, and of its page. Nothing is done and nothing is used up (R22). */
export const showNotMe =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    if (takeTokenOutOfAddress(parts, request, response, LINK, NOT_ME_LIFETIME)) return
    const token = tokenOf(visitOf(request), LINK)
    if (token === undefined) showGone(parts, response, 'unknown')
    else await show(parts, response, token)
  }

/** POST « Ce n'était pas moi »: shuts the account to whoever was in it, and opens nothing (R31). */
export const takeNotMe =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const taken = await takeLinkForm(parts, response, LINK, form)
    if (taken === null) return
    const origin = { at: flowSite(visit, parts.clock), visitor: visitorOf(visit, taken.browser) }
    const disowned = await parts.notices.disown(origin, taken.token)
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
