import type { Request, Response } from 'express'
import { z } from 'zod'
import { RESET_TOKEN, type LinkRefusal } from '../../passwords/links.ts'
import { cookieLine } from '../cookies.ts'
import { flowSite } from '../flow-site.ts'
import { field } from '../form.ts'
import { liveSession } from '../live.ts'
import { linkName, takeLinkForm, takeTokenOutOfAddress, tokenOf, type MailedLink } from '../mailed-link.ts'
import { saidOf, saidOfFields, showNewPassword, type NewPasswordSaid } from '../new-password-page.ts'
import type { PortalParts } from '../portal-parts.ts'
import { rememberBrowser } from '../remember-browser.ts'
import { visitOf } from '../visit.ts'
import { visitorOf } from '../visitor.ts'

const LINK: MailedLink = { cookie: 'reset', token: RESET_TOKEN, path: '/password/reset' }

const form = z.object({ link: field(64), password: field(4_096), again: field(4_096).optional() })

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
    action: LINK.path,
    hidden: { link: linkName(token) },
    holder: opened.value,
    cancelHref: `${visit.site.prefix}/sign-in`,
    ...(said === undefined ? {} : { said }),
  })
}

/** GET of the link in a mail, and of its page. Nothing is used up (R22). */
export const showReset =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    if (takeTokenOutOfAddress(parts, request, response, LINK, visit.site.site.password['reset-link'])) return
    const token = tokenOf(visit, LINK)
    if (token === undefined) showGone(parts, response, 'unknown')
    else await show(parts, response, token)
  }

/** POST: the new password. It opens no session (T-23). */
export const takeReset =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const taken = await takeLinkForm(parts, response, LINK, form)
    if (taken === null) return
    const { fields, browser, token } = taken
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
