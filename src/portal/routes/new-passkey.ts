import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { takeAttempt, type AtSignIn } from '../at-sign-in.ts'
import { field } from '../form.ts'
import { newPasskeyErrorOf, showNewPasskeyPage } from '../new-passkey-page.ts'
import { goOnWithNewMethod, mayTakeItsPlace, showNewMethodPage } from '../new-method.ts'
import type { Message } from '../pages.ts'
import { MAX_CREDENTIAL } from '../passkey-page.ts'
import type { PortalParts } from '../portal-parts.ts'
import { startAgain } from '../start-again.ts'
import { visitOf } from '../visit.ts'

const form = z.object({
  attempt: field(64),
  to: field(16_384).default(''),
  label: field(60).default(''),
  credential: field(MAX_CREDENTIAL).default(''),
})

const show = async (
  parts: PortalParts,
  response: Response,
  { handle, underWay }: AtSignIn,
  said: { readonly error?: Message; readonly label?: string } = {},
): Promise<void> => {
  const { site } = visitOf(response.req)
  const { attempt, account } = underWay
  const to = parts.targets.seal(site.site.site, attempt.target)
  const page = { action: '/sign-in/new-passkey', attempt: handle, to, isForced: true, cancelHref: null, ...said }
  await showNewPasskeyPage(parts, response, { digest: attempt.digest, account }, page)
}

/** GET: the way that somebody came by is over, and a passkey takes its place before the session opens. */
export const showNewPasskey = (parts: PortalParts): RequestHandler =>
  showNewMethodPage(parts, 'passkey', (response, here) => show(parts, response, here))

/** POST: the passkey that was made; making it counts as its proof, because its authenticator has verified the person. */
export const takeNewPasskey =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const here = await takeAttempt(parts, request, response, form)
    if (here === null) return
    const { underWay, fields } = here
    if (!mayTakeItsPlace(here, 'passkey')) {
      await startAgain(parts, response, fields.to)
      return
    }
    const { attempt, account } = underWay
    const label = fields.label.trim()
    const holder = { digest: attempt.digest, account, site: site.site }
    const confirmed = await parts.newPasskeys.confirm(holder, fields.credential, label)
    if (!confirmed.ok) {
      await show(parts, response, here, { error: newPasskeyErrorOf(confirmed.reason), label })
      return
    }
    await goOnWithNewMethod(parts, request, response, { ...here, to: fields.to }, 'passkey')
  }
