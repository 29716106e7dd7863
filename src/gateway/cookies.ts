import { FRAMED_COOKIE } from '../lib/framed.ts'

/**
 * Names of every cookie that the gate owns, with or without the browser's protecting prefix. They never reach the
 * application (R2, H-18) and the application can never write them.
 */
const OUR_COOKIE = /^(?:__host-|__secure-)?portillon(?:-[a-z-]*)?$/i

/**
 * The name under which a pair comes back from a browser. One without a name (`=portillon=x`, or `portillon` alone) is sent
 * back as its bare value, which then reads like a cookie of that name.
 */
const nameOf = (pair: string): string => {
  const [name = ''] = pair.replace(/^[\s=]+/, '').split('=', 1)
  return name.trim()
}

const isOurs = (pair: string): boolean => OUR_COOKIE.test(nameOf(pair))

/**
 * A Cookie header without the gate's cookies; the application's keep every byte, their order included.
 * Undefined when nothing is left.
 */
export const withoutOurCookies = (header: string): string | undefined => {
  if (!/portillon/i.test(header)) return header
  const rest = header
    .split(';')
    .filter((pair) => !isOurs(pair))
    .join(';')
    .trimStart()
  return rest === '' ? undefined : rest
}

/** What a site makes of the cookies that its application sets (S-15). */
export interface CookieRules {
  /** The site is https. */
  readonly secure: boolean
  /** Names to which HttpOnly is added; `*` is all of them. */
  readonly httpOnly: ReadonlySet<string>
  /** `framed`: what the line says of it is replaced, or no browser would keep the cookie in a frame (R26). */
  readonly sameSite: 'lax' | 'as-said' | 'framed'
  /** Domains that a cookie may keep. */
  readonly domains: readonly string[]
}

const OF_FRAMES: ReadonlySet<string> = new Set(['samesite', 'secure', 'partitioned'])
const SAME_SITE = /^(?:lax|strict|none)$/i

const isWithin = (host: string, domain: string): boolean => {
  const [name = ''] = host.split(':', 1)
  return name === domain || name.endsWith(`.${domain}`)
}

/**
 * A Set-Cookie line of the application as the visitor gets it; undefined when it names a cookie of the gate.
 * - a `Domain` that the site does not list is taken out: of the application's own machine browsers refuse it, and a wider one
 *   hands the cookie to neighbours; the cookie then stays with the host that was asked for
 * - what the line does not say is said: `Secure` on an https site, `SameSite=Lax`, and `HttpOnly` for the names that the site
 *   lists, because scripts of old applications do read their cookies
 *
 * Everything else keeps its bytes, `Expires` with its comma and `Path` too: paths are the same on both sides of the gate.
 */
export const cookieForVisitor = (line: string, host: string, rules: CookieRules): string | undefined => {
  const [pair = '', ...attributes] = line.split(';')
  if (isOurs(pair)) return undefined
  const said = new Set<string>()
  let result = pair
  for (const attribute of attributes) {
    const [key = '', value = ''] = attribute.split('=', 2).map((part) => part.trim().toLowerCase())
    if (key === 'domain') {
      const domain = value.replace(/^\./, '')
      if (!rules.domains.includes(domain) || !isWithin(host, domain)) continue
    }
    if (rules.sameSite === 'framed' && OF_FRAMES.has(key)) continue
    if (key !== 'samesite' || SAME_SITE.test(value)) said.add(key)
    result += `;${attribute}`
  }
  if (rules.sameSite === 'framed') result += `; ${FRAMED_COOKIE}`
  else if (rules.secure && !said.has('secure')) result += '; Secure'
  if (!said.has('httponly') && (rules.httpOnly.has('*') || rules.httpOnly.has(nameOf(pair)))) result += '; HttpOnly'
  if (rules.sameSite === 'lax' && !said.has('samesite')) result += '; SameSite=Lax'
  return result
}
