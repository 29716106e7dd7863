import type { Response } from 'express'
import { optionsOf } from '../methods/email-code/options.ts'
import type { Site } from '../policy/schema.ts'
import type { ContinueRefusal } from '../sign-in/answer.ts'
import type { UnderWay } from '../sign-in/under-way.ts'
import type { BeginRefusal } from '../sign-in/method.ts'
import { signInHref } from './destination.ts'
import type { Message } from './pages.ts'
import type { PortalParts } from './portal-parts.ts'
import { rememberDays } from './remember-days.ts'
import { codeThrottled } from './throttled.ts'
import { visitOf, type PortalSite } from './visit.ts'

const minutes = (milliseconds: number) => ({ minutes: Math.max(1, Math.ceil(milliseconds / 60_000)) })

/** What the page says of an answer that was not accepted, and with which status. */
export const errorOf = (refusal: ContinueRefusal, site: Site): { error: Message; status: number } => {
  switch (refusal.reason) {
    case 'clock-apart':
      // No clock but ours has a part in a mailed code.
      return { error: { key: 'code.malformed', values: { digits: optionsOf(site).digits } }, status: 401 }
    case 'unproven':
      // Nor has a passkey.
      return { error: { key: 'code.malformed', values: { digits: optionsOf(site).digits } }, status: 401 }
    case 'wrong':
      return { error: { key: 'code.wrong', values: { left: refusal.left ?? 0 } }, status: 401 }
    case 'malformed':
      return { error: { key: 'code.malformed', values: { digits: optionsOf(site).digits } }, status: 400 }
    case 'throttled':
      return { error: codeThrottled(refusal), status: 429 }
    case 'expired':
    case 'dead':
    case 'replaced':
    case 'used':
      return { error: { key: `code.${refusal.reason}` }, status: 401 }
  }
}

/** What the page says when another code could not be sent. */
export const delayOf = (refusal: BeginRefusal): Message => {
  switch (refusal.reason) {
    case 'too-soon':
      return { key: 'code.resendTooSoon', values: { seconds: Math.max(1, Math.ceil(refusal.wait / 1_000)) } }
    case 'too-often':
      return { key: 'code.mailLimit', values: minutes(refusal.wait) }
    case 'not-enrolled':
      return { key: 'code.mailFailed' }
  }
}

/** Whether the account could be asked for something else. */
const hasOthers = ({ stage }: UnderWay): boolean => stage.kind === 'answer' && stage.hasOthers

/** « Utiliser un autre moyen »: what else the account could be asked for, or a new start. */
export const otherHref = (
  site: PortalSite,
  { handle, underWay }: Pick<CodeShown, 'handle' | 'underWay'>,
  to: string,
) =>
  hasOthers(underWay)
    ? `${site.prefix}/sign-in/choice?${new URLSearchParams({ attempt: handle, to }).toString()}`
    : signInHref(site, to)

export interface CodeShown {
  readonly handle: string
  readonly underWay: UnderWay
  readonly error?: Message
  readonly information?: Message
  readonly status?: number
}

/** « Saisie du code », as it stands for this attempt. */
export const showCode = async (parts: PortalParts, response: Response, shown: CodeShown): Promise<void> => {
  const { site } = visitOf(response.req)
  const { attempt, stage } = shown.underWay
  const options = optionsOf(site.site)
  const state = await parts.emailCode.state(attempt)
  const browser = parts.browsers.ensure(response)
  const to = parts.targets.seal(site.site.site, attempt.target)
  parts.pages.show(
    response,
    'code',
    {
      action: `${site.prefix}/sign-in/code`,
      resendAction: `${site.prefix}/sign-in/code/resend`,
      csrf: parts.browsers.csrf(browser),
      attempt: shown.handle,
      to,
      maskedEmail: stage.kind === 'answer' ? stage.offer.label : '',
      sender: /<(?<address>[^>]+)>/.exec(options.from)?.groups?.['address'] ?? options.from,
      digits: options.digits,
      expiresIn: Math.ceil(state.expiresIn / 1_000),
      resendIn: Math.ceil(state.resendIn / 1_000),
      lifetimeMinutes: Math.round(options.lifetime / 60_000),
      error: shown.error ?? null,
      information: shown.information ?? null,
      mail: state.mail,
      rememberDays: rememberDays(parts, response, shown.underWay),
      hasOthers: hasOthers(shown.underWay),
      otherHref: otherHref(site, shown, to),
    },
    shown.status,
  )
}
