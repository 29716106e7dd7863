import type { Request, Response } from 'express'
import { z } from 'zod'
import type { Obligation } from '../../sign-in/obligation.ts'
import { findAttempt, takeAttempt, type AtSignIn } from '../at-sign-in.ts'
import { signInHref } from '../destination.ts'
import { field } from '../form.ts'
import { saidOf, saidOfFields, showNewPassword, type NewPasswordSaid } from '../new-password-page.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { goOn, stepHref } from '../sign-in-steps.ts'
import { startAgain } from '../start-again.ts'
import { visitOf, type PortalSite } from '../visit.ts'

const DAY = 86_400_000
const MONTH = 30 * DAY

const form = z.object({
  attempt: field(64),
  to: field(16_384).default(''),
  password: field(4_096),
  again: field(4_096).optional(),
})

type NewPassword = Extract<Obligation, { kind: 'new-password' }>

/** The obligation of an attempt, if it is that of a new password. */
const obligationOf = ({ underWay: { stage } }: AtSignIn): NewPassword | null =>
  stage.kind === 'obliged' && stage.obligation.kind === 'new-password' ? stage.obligation : null

/** Why the password has to be changed (seed 004: « valable 4 mois »). */
const becauseOf = ({ because }: NewPassword, { site }: PortalSite): Message => {
  const { expires } = site.password
  if (because === 'first-use' || expires === 'never') return { key: 'newPassword.firstUse' }
  return expires % MONTH === 0
    ? { key: 'newPassword.expiredMonths', values: { months: expires / MONTH } }
    : { key: 'newPassword.expiredDays', values: { days: Math.max(1, Math.round(expires / DAY)) } }
}

const show = async (
  parts: PortalParts,
  response: Response,
  { handle, underWay }: AtSignIn,
  obligation: NewPassword,
  said?: NewPasswordSaid,
): Promise<void> => {
  const { site } = visitOf(response.req)
  const { attempt, account } = underWay
  const to = parts.targets.seal(site.site.site, attempt.target)
  const holder = await parts.passwords.find(account.realm, account.id)
  if (holder === null) {
    await startAgain(parts, response, to)
    return
  }
  showNewPassword(parts, response, {
    kind: 'obligation',
    because: becauseOf(obligation, site),
    action: '/sign-in/new-password',
    hidden: { attempt: handle, to },
    holder,
    cancelHref: signInHref(site, to),
    ...(said === undefined ? {} : { said }),
  })
}

/** GET: everything is proved, and the password must be changed before the session opens. */
export const showObligedPassword =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const here = await findAttempt(parts, request, response)
    if (here === null) return
    const obligation = obligationOf(here)
    if (obligation !== null) {
      await show(parts, response, here, obligation)
      return
    }
    const to = parts.targets.seal(site.site.site, here.underWay.attempt.target)
    parts.pages.go(response, stepHref(site, here.underWay.stage, { handle: here.handle, to }))
  }

/** POST: the new password; then the session opens and the person goes on. */
export const takeObligedPassword =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const here = await takeAttempt(parts, request, response, form)
    if (here === null) return
    const { at, visitor, handle, underWay, fields } = here
    const obligation = obligationOf(here)
    if (obligation === null) {
      await startAgain(parts, response, fields.to)
      return
    }
    const missing = saidOfFields({ password: fields.password, again: fields.again })
    if (missing !== null) {
      await show(parts, response, here, obligation, missing)
      return
    }
    const fulfilled = await parts.passwords.fulfil(at, visitor, underWay.account, fields.password)
    if (!fulfilled.ok) {
      const { reason } = fulfilled
      if (reason.reason === 'outdated') await startAgain(parts, response, fields.to)
      else await show(parts, response, here, obligation, saidOf(reason))
      return
    }
    const settled = await parts.flow.settle(at, visitor, underWay)
    if (settled.ok) await goOn(parts, request, response, visitor, settled.value, { handle, to: fields.to })
    else await startAgain(parts, response, fields.to)
  }
