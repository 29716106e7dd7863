import session from 'express-session'
import { isInFrame } from '../lib/framed.ts'
import type { Random } from '../lib/random.ts'
import { createCookieVerifier, withVerifiedCookie, type CookieSecrets } from './cookie.ts'
import { createExpressStore, type StoreAdapterOptions } from './store-adapter.ts'

export interface SessionMiddlewareOptions extends StoreAdapterOptions {
  readonly secrets: CookieSecrets
  /** `__Host-…` exactly when `secure`. */
  readonly cookieName: string
  /** Whether browsers reach the site over https, by configuration. */
  readonly secure: boolean
  readonly random: Random
  /** The policy lists record systems that show the site in a frame: there the cookie is one of the frame (R26). */
  readonly mayBeFramed?: boolean
}

/** 192 bits (A5 7.2.3): 32 characters, which is what `createCookieVerifier` expects. */
const ID_BYTES = 24

/**
 * express-session for the pages that open a session; one for each site. The cookie is opaque and short (R1), ends with the
 * browser, and is bound to the host (S-10); nothing is stored and no cookie is set for a visitor who has not signed in (S-16).
 */
export const createSessionMiddleware = (options: SessionMiddlewareOptions): ReturnType<typeof session> => {
  const { secrets, cookieName, secure, random, mayBeFramed = false } = options
  const verify = createCookieVerifier(secrets)
  // express-session reads this very list at every request, which is how it follows a change of secrets.
  const signing = [...secrets()]
  const handle = session({
    store: createExpressStore(options),
    secret: signing,
    name: cookieName,
    cookie: (request) =>
      mayBeFramed && isInFrame(request.headers)
        ? { path: '/', httpOnly: true, sameSite: 'none', secure: true, partitioned: true }
        : { path: '/', httpOnly: true, sameSite: 'lax', secure },
    genid: () => random.token(ID_BYTES),
    saveUninitialized: false,
    resave: false,
    rolling: false,
  })
  return (request, response, next) => {
    signing.splice(0, signing.length, ...secrets())
    const cookies = request.headers.cookie
    if (cookies !== undefined) {
      const verified = withVerifiedCookie(cookies, cookieName, verify)
      if (verified === undefined) delete request.headers.cookie
      else request.headers.cookie = verified
    }
    // express-session asks the request whether a Secure cookie may go out. Behind a front that terminates TLS the socket
    // does not know and X-Forwarded-Proto could be anybody's: the configuration of the site says it.
    const isSecure = secure || (mayBeFramed && isInFrame(request.headers))
    Object.defineProperty(request, 'secure', { value: isSecure, configurable: true })
    handle(request, response, next)
  }
}
