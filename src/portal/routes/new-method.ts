import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { Stage } from '../../sign-in/stage.ts'
import { enrolErrorOf, showApplication } from '../application-page.ts'
import { takeAttempt, type AtSignIn } from '../at-sign-in.ts'
import { field } from '../form.ts'
import { goOnWithNewMethod, mayTakeItsPlace, showNewMethodPage } from '../new-method.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { startAgain } from '../start-again.ts'
import { visitOf, type PortalSite } from '../visit.ts'

const form = z.object({
  attempt: field(64),
  to: field(16_384).default(''),
  code: field(64).default(''),
  label: field(60).default(''),
})

/** Where a passkey may take that place as well. */
const passkeyHrefOf = ({ prefix }: PortalSite, stage: Stage, link: { attempt: string; to: string }): string | null => {
  const methods = stage.kind === 'obliged' && stage.obligation.kind === 'new-method' ? stage.obligation.methods : []
  return methods.includes('passkey') ? `${prefix}/sign-in/new-passkey?${new URLSearchParams(link).toString()}` : null
}

const show = async (
  parts: PortalParts,
  response: Response,
  { handle, underWay }: AtSignIn,
  said: { readonly error?: Message; readonly label?: string } = {},
): Promise<void> => {
  const { site } = visitOf(response.req)
  const { attempt, account } = underWay
  const secret = await parts.totp.begin({ digest: attempt.digest, account })
  const to = parts.targets.seal(site.site.site, attempt.target)
  showApplication(parts, response, {
    action: '/sign-in/application',
    account,
    secret,
    attempt: handle,
    to,
    isForced: true,
    cancelHref: null,
    passkeyHref: passkeyHrefOf(site, underWay.stage, { attempt: handle, to }),
    ...said,
  })
}

/** GET: the way that somebody came by is over, and an application takes its place before the session opens. */
export const showNewMethod = (parts: PortalParts): RequestHandler =>
  showNewMethodPage(parts, 'totp', (response, here) => show(parts, response, here))

/** POST: the first code of the application; it counts as its proof. */
export const takeNewMethod =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const here = await takeAttempt(parts, request, response, form)
    if (here === null) return
    const { underWay, fields } = here
    if (!mayTakeItsPlace(here, 'totp')) {
      await startAgain(parts, response, fields.to)
      return
    }
    const { attempt, account } = underWay
    const holder = { digest: attempt.digest, account }
    const confirmed = await parts.totp.confirm(holder, fields.code, fields.label.trim(), site.site.totp['per-account'])
    if (!confirmed.ok) {
      await show(parts, response, here, { error: enrolErrorOf(confirmed.reason), label: fields.label })
      return
    }
    await goOnWithNewMethod(parts, request, response, { ...here, to: fields.to }, 'totp')
  }
