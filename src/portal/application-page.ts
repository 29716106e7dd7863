import type { Response } from 'express'
import type { Account } from '../accounts/directory.ts'
import type { EnrolRefusal } from '../methods/totp/enrol.ts'
import { groupedSecret, issuerOf, keyUri, qrCode } from '../methods/totp/key-uri.ts'
import type { Message } from './pages.ts'
import type { PortalParts } from './portal-parts.ts'
import { clockApart } from './totp-page.ts'
import { visitOf } from './visit.ts'

/** What the page says of a first code that was not accepted. */
export const enrolErrorOf = (refusal: EnrolRefusal): Message =>
  refusal.reason === 'clock-apart' ? clockApart(refusal.ahead) : { key: `application.${refusal.reason}` }

export interface ApplicationShown {
  /** Below the prefix. */
  readonly action: string
  readonly account: Account
  readonly secret: string
  readonly to: string
  readonly attempt: string
  readonly isForced: boolean
  readonly cancelHref: string | null
  readonly passkeyHref?: string | null
  readonly label?: string
  readonly error?: Message
}

/** « Associer une application »: the QR code, the same secret to type, and the first code as proof. */
export const showApplication = (parts: PortalParts, response: Response, shown: ApplicationShown): void => {
  const { site } = visitOf(response.req)
  const uri = keyUri(site.site, shown.account, shown.secret)
  const model = {
    action: `${site.prefix}${shown.action}`,
    csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
    to: shown.to,
    attempt: shown.attempt,
    qrCode: qrCode(uri),
    keyUri: uri,
    groupedSecret: groupedSecret(shown.secret),
    issuer: issuerOf(site.site),
    login: shown.account.login,
    label: shown.label ?? '',
    isForced: shown.isForced,
    error: shown.error ?? null,
    cancelHref: shown.cancelHref,
    passkeyHref: shown.passkeyHref ?? null,
  }
  parts.pages.show(response, 'application', model, shown.error === undefined ? 200 : 400)
}
