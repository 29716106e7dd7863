import type { Account } from '../accounts/directory.ts'
import { loginKey } from '../accounts/login-key.ts'
import { KNOWN_LIFETIME } from '../sign-in/known-browsers.ts'
import { cookieLine, readCookie } from './cookies.ts'
import type { PortalParts } from './portal-parts.ts'
import type { Visit } from './visit.ts'

/** Gives the browser what it shows at later sign-ins, so that what strangers fail at does not count against it (C-05). */
export const rememberBrowser = (
  { knownBrowsers }: Pick<PortalParts, 'knownBrowsers'>,
  { request, response, site }: Pick<Visit, 'request' | 'response' | 'site'>,
  { realm, login }: Pick<Account, 'realm' | 'login'>,
): void => {
  const key = loginKey(login)
  if (!key.ok) return
  const value = knownBrowsers.remember(readCookie(request, site, 'known'), { realm, login: key.value })
  response.appendHeader('Set-Cookie', cookieLine(site, 'known', value, KNOWN_LIFETIME / 1_000))
}
