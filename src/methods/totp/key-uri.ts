import { generateURI } from 'otplib'
import { renderSVG } from 'uqr'
import type { Account } from '../../accounts/directory.ts'
import type { Site } from '../../policy/schema.ts'

/** A colon ends the issuer for some applications, whatever its escaping. */
const withoutColon = (text: string): string => text.replaceAll(':', ' ').trim()

/** The name under which applications list the account: « DCC – ONCO Pays de la Loire ». */
export const issuerOf = (site: Site): string =>
  withoutColon(site.totp.issuer ?? `${(site['short-name'] ?? site.name).fr} – ${site.network.fr}`)

/** What an application reads: the `otpauth` key URI in the form that Google and Microsoft Authenticator, FreeOTP and Authy share. */
export const keyUri = (site: Site, account: Pick<Account, 'login'>, secret: string): string =>
  generateURI({ issuer: issuerOf(site), label: withoutColon(account.login), secret })

/** The QR code of a key URI as a data address for an image; dark on light whatever the scheme, or cameras do not read it. */
export const qrCode = (uri: string): string =>
  `data:image/svg+xml;base64,${Buffer.from(renderSVG(uri, { ecc: 'M', border: 4 })).toString('base64')}`

/** The secret as people type it: groups of four. */
export const groupedSecret = (secret: string): string => secret.replaceAll(/(.{4})(?=.)/g, '$1 ')
