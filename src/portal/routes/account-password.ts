import type { Request, Response } from 'express'
import { z } from 'zod'
import type { ChangeRefusal } from '../../passwords/index.ts'
import type { LiveSession } from '../../session/cache.ts'
import { signInHref } from '../destination.ts'
import { flowSite } from '../flow-site.ts'
import { field, takeForm } from '../form.ts'
import { liveSession } from '../live.ts'
import { saidOf, saidOfFields, showNewPassword, type NewPasswordSaid } from '../new-password-page.ts'
import type { PortalParts } from '../portal-parts.ts'
import { answerRefusedForm } from '../refused-form.ts'
import { signInThrottled } from '../throttled.ts'
import { visitOf } from '../visit.ts'
import { visitorOf } from '../visitor.ts'

const PATH = '/account/password'

const form = z.object({ current: field(4_096), password: field(4_096), again: field(4_096).optional() })

/** The live session, or null once the way to the sign-in and back has been answered. */
const signedIn = async (parts: PortalParts, response: Response): Promise<LiveSession | null> => {
  const visit = visitOf(response.req)
  const { site } = visit
  const live = await liveSession(visit)
  if (live !== null) return live
  const sealed = parts.targets.seal(site.site.site, { path: `${site.prefix}${PATH}`, restarts: 0 })
  parts.pages.go(response, signInHref(site, sealed))
  return null
}

const show = async (
  parts: PortalParts,
  response: Response,
  { record }: LiveSession,
  said?: NewPasswordSaid,
): Promise<void> => {
  const { site } = visitOf(response.req)
  const holder = await parts.passwords.find(record.realm, record.account)
  const cancelHref = `${site.prefix}/account`
  // A password that the gate does not keep is changed where it is kept; whoever helps knows where.
  if (holder === null) parts.pages.show(response, 'forgotten', { backHref: cancelHref })
  else {
    showNewPassword(parts, response, {
      kind: 'change',
      because: null,
      action: PATH,
      hidden: {},
      holder,
      cancelHref,
      ...(said === undefined ? {} : { said }),
    })
  }
}

const saidOfRefusal = (refusal: ChangeRefusal): NewPasswordSaid => {
  switch (refusal.reason) {
    case 'wrong':
      return { error: { key: 'newPassword.wrong' }, field: 'current', status: 401 }
    case 'throttled':
      return { error: signInThrottled(refusal), field: null, status: 429 }
    default:
      return saidOf(refusal)
  }
}

/** GET: somebody who is signed in changes their password. */
export const showAccountPassword =
  (parts: PortalParts) =>
  async (_request: Request, response: Response): Promise<void> => {
    const live = await signedIn(parts, response)
    if (live !== null) await show(parts, response, live)
  }

/** POST: the present password proves anew who it is, whatever opened the session (C-14); the other sessions end. */
export const takeAccountPassword =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const taken = takeForm(request, form, parts.browsers)
    if (!taken.ok && taken.reason !== 'stale') {
      await answerRefusedForm(parts, response, taken.reason)
      return
    }
    const live = await signedIn(parts, response)
    if (live === null) return
    if (!taken.ok) {
      parts.pages.go(response, `${visit.site.prefix}${PATH}`)
      return
    }
    const { fields, browser } = taken.value
    const missing = saidOfFields({ password: fields.password, again: fields.again, current: fields.current })
    if (missing !== null) {
      await show(parts, response, live, missing)
      return
    }
    const at = flowSite(visit, parts.clock)
    const session = { account: live.record.account, digest: live.digest }
    const changed = await parts.passwords.change(at, visitorOf(visit, browser), session, fields)
    if (changed.ok) parts.pages.go(response, `${visit.site.prefix}/password/changed`)
    else await show(parts, response, live, saidOfRefusal(changed.reason))
  }
