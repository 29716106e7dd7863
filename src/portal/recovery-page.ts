import type { Response } from 'express'
import type { ContinueRefusal } from '../sign-in/answer.ts'
import { otherHref, type CodeShown } from './code-page.ts'
import type { Message } from './pages.ts'
import type { PortalParts } from './portal-parts.ts'
import { codeThrottled } from './throttled.ts'
import { visitOf } from './visit.ts'

/** What the page says of a code that was not accepted, and with which status. */
export const recoveryErrorOf = (refusal: ContinueRefusal): { error: Message; status: number } => {
  switch (refusal.reason) {
    case 'malformed':
      return { error: { key: 'recovery.malformed' }, status: 400 }
    case 'throttled':
      return { error: codeThrottled(refusal), status: 429 }
    default:
      return { error: { key: 'recovery.wrong' }, status: 401 }
  }
}

/** The page for a code of the sheet that was printed. */
export const showRecoveryCode = (parts: PortalParts, response: Response, shown: CodeShown): void => {
  const { site } = visitOf(response.req)
  const to = parts.targets.seal(site.site.site, shown.underWay.attempt.target)
  parts.pages.show(
    response,
    'recovery-code',
    {
      action: `${site.prefix}/sign-in/code`,
      csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
      attempt: shown.handle,
      to,
      error: shown.error ?? null,
      otherHref: otherHref(site, shown, to),
    },
    shown.status,
  )
}
