import type { Response } from 'express'
import type { ContinueRefusal } from '../sign-in/answer.ts'
import { otherHref, type CodeShown } from './code-page.ts'
import { signInHref } from './destination.ts'
import type { Message, PageModels } from './pages.ts'
import type { PortalParts } from './portal-parts.ts'
import { codeThrottled, signInThrottled } from './throttled.ts'
import { visitOf } from './visit.ts'

/** The longest that a browser writes of what a passkey has signed or made, with room for what comes. */
export const MAX_CREDENTIAL = 16_384

/** What the page says of a passkey that was not accepted, and with which status; never which of many causes it was. */
export const passkeyErrorOf = (
  refusal: ContinueRefusal | { readonly reason: 'refused' },
): { error: Message; status: number } => {
  switch (refusal.reason) {
    case 'throttled':
      return { error: refusal.because === 'site' ? signInThrottled(refusal) : codeThrottled(refusal), status: 429 }
    case 'expired':
      return { error: { key: 'passkey.expired' }, status: 401 }
    default:
      return { error: { key: 'passkey.refused' }, status: 401 }
  }
}

const show = (
  parts: PortalParts,
  response: Response,
  shown: Omit<PageModels['passkey'], 'csrf' | 'starts'>,
  status?: number,
): void => {
  const csrf = parts.browsers.csrf(parts.browsers.ensure(response))
  // After a refusal the person decides: a page that asks again by itself would do so for ever.
  parts.pages.show(response, 'passkey', { ...shown, csrf, starts: shown.error === null }, status)
}

/** The page for a passkey of somebody whom the password has identified. */
export const showPasskey = async (parts: PortalParts, response: Response, shown: CodeShown): Promise<void> => {
  const { site } = visitOf(response.req)
  const { attempt, stage } = shown.underWay
  const to = parts.targets.seal(site.site.site, attempt.target)
  const options = await parts.passkeys.question(site.site, attempt)
  const model = {
    action: `${site.prefix}/sign-in/code`,
    to,
    attempt: shown.handle,
    label: stage.kind === 'answer' ? stage.offer.label : '',
    options,
    error: shown.error ?? null,
    otherHref: otherHref(site, shown, to),
  }
  show(parts, response, model, shown.status)
}

/** The page for a passkey that says by itself who it is. @param browser as attempts name it */
export const showInvitation = async (
  parts: PortalParts,
  response: Response,
  browser: string,
  shown: { readonly to: string; readonly error?: Message; readonly status?: number },
): Promise<void> => {
  const { site } = visitOf(response.req)
  const model = {
    action: `${site.prefix}/sign-in/passkey`,
    to: shown.to,
    attempt: '',
    label: '',
    options: await parts.passkeys.invitation(site.site, browser),
    error: shown.error ?? null,
    otherHref: signInHref(site, shown.to),
  }
  show(parts, response, model, shown.status)
}
