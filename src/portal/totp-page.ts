import type { Response } from 'express'
import type { ContinueRefusal } from '../sign-in/answer.ts'
import { otherHref, type CodeShown } from './code-page.ts'
import type { Message } from './pages.ts'
import type { PortalParts } from './portal-parts.ts'
import { rememberDays } from './remember-days.ts'
import { codeThrottled } from './throttled.ts'
import { visitOf } from './visit.ts'

const minutes = (milliseconds: number): number => Math.max(1, Math.round(Math.abs(milliseconds) / 60_000))

/** « Votre téléphone retarde d'environ 3 minutes » (R24, G10). @param ahead milliseconds, negative when behind */
export const clockApart = (ahead: number): Message => ({
  key: 'totp.clockApart',
  values: { minutes: minutes(ahead), behind: ahead < 0 ? 'yes' : 'no' },
})

/** What the page says of a code that was not accepted, and with which status. */
export const totpErrorOf = (refusal: ContinueRefusal): { error: Message; status: number } => {
  switch (refusal.reason) {
    case 'malformed':
      return { error: { key: 'totp.malformed' }, status: 400 }
    case 'throttled':
      return { error: codeThrottled(refusal), status: 429 }
    case 'clock-apart':
      return { error: clockApart(refusal.ahead), status: 401 }
    case 'used':
      return { error: { key: 'totp.used' }, status: 401 }
    case 'wrong':
    case 'unproven':
    case 'expired':
    case 'dead':
    case 'replaced':
      return { error: { key: 'totp.wrong' }, status: 401 }
  }
}

/** The page for a code of an authenticator application. */
export const showTotp = (parts: PortalParts, response: Response, shown: CodeShown): void => {
  const { site } = visitOf(response.req)
  const { attempt, stage } = shown.underWay
  const to = parts.targets.seal(site.site.site, attempt.target)
  parts.pages.show(
    response,
    'totp',
    {
      action: `${site.prefix}/sign-in/code`,
      csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
      attempt: shown.handle,
      to,
      label: stage.kind === 'answer' ? stage.offer.label : '',
      error: shown.error ?? null,
      rememberDays: rememberDays(parts, response, shown.underWay),
      otherHref: otherHref(site, shown, to),
    },
    shown.status,
  )
}
