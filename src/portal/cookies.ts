import type { IncomingMessage } from 'node:http'
import { FRAMED_COOKIE } from '../lib/framed.ts'
import type { PortalSite } from './visit.ts'

export type CookieKind = 'session' | 'browser' | 'hops' | 'reset' | 'known' | 'not-me' | 'device' | 'link' | 'provider'

const NAMES: Readonly<Record<CookieKind, string>> = {
  session: 'portillon',
  browser: 'portillon-browser',
  hops: 'portillon-hops',
  reset: 'portillon-reset',
  known: 'portillon-known',
  'not-me': 'portillon-not-me',
  device: 'portillon-device',
  link: 'portillon-link',
  provider: 'portillon-provider',
}

const protectedName = ({ secure }: Pick<PortalSite, 'secure'>, name: string): string =>
  secure ? `__Host-${name}` : name

/** `__Host-` ties the cookie to this very host over https (S-10); it is impossible over the plain http of a demonstration. */
export const cookieName = (site: Pick<PortalSite, 'secure'>, kind: CookieKind): string =>
  protectedName(site, NAMES[kind])

/** A Set-Cookie line. @param maxAge seconds; undefined ends with the browser, 0 takes the cookie away */
export const cookieLine = (
  site: Pick<PortalSite, 'secure' | 'isFramed'>,
  kind: CookieKind,
  value: string,
  maxAge?: number,
): string => writtenCookie(site, NAMES[kind], value, maxAge)

/** The same for a cookie with a name of its own, which begins with `portillon-` and goes on in small letters. */
export const writtenCookie = (
  site: Pick<PortalSite, 'secure' | 'isFramed'>,
  name: string,
  value: string,
  maxAge: number | undefined,
): string =>
  [
    `${protectedName(site, name)}=${value}`,
    'Path=/',
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
    'HttpOnly',
    ...(site.isFramed === true ? [FRAMED_COOKIE] : [...(site.secure ? ['Secure'] : []), 'SameSite=Lax']),
  ].join('; ')

/** The value of one of our cookies; undefined when it is absent or there are several (S-11). */
export const readCookie = (
  request: IncomingMessage,
  site: Pick<PortalSite, 'secure'>,
  kind: CookieKind,
): string | undefined => readNamedCookie(request, site, NAMES[kind])

/** Whether a cookie is the gate's own, whatever the site. */
export const isOurCookie = (name: string): boolean => /^(?:__Host-|__Secure-)?portillon(?:-|$)/i.test(name)

/** The same for a cookie with a name of its own. */
export const readNamedCookie = (
  request: IncomingMessage,
  site: Pick<PortalSite, 'secure'>,
  bare: string,
): string | undefined => {
  const name = `${protectedName(site, bare)}=`
  const found = (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(name))
  return found.length === 1 ? found[0]?.slice(name.length) : undefined
}

/** Takes the session and what belongs to it away from the browser. */
export const farewellCookies = (site: Pick<PortalSite, 'secure'>): readonly string[] => [
  cookieLine(site, 'session', '', 0),
  cookieLine(site, 'hops', '', 0),
]
