import type { ReturnTargets } from '../lib/return-target.ts'
import { staysOnSite } from '../lib/return-target.ts'
import type { Allowed, Authorized, Exchange, Refuse } from './exchange.ts'
import { isNavigation } from './navigation.ts'

/** Tells scripts, proxies and people with a console that the gate answered, not the application. */
export const ANSWERED_BY_GATE = 'X-Portillon'

/** The page to come back to after a form that could not be kept: where the form was, if it was ours. */
const pageBehind = (exchange: Exchange): string => {
  const { referer } = exchange.request.headers
  if (referer === undefined || !URL.canParse(referer)) return '/'
  const { origin, pathname, search } = new URL(referer)
  const path = `${pathname}${search}`
  return exchange.site.origins.has(origin) && staysOnSite(path) ? path : '/'
}

const redirectToSignIn = (input: Authorized, targets: ReturnTargets, dress: (exchange: Exchange) => void): void => {
  const { exchange } = input
  const { site, target, response } = exchange
  const isSafe = target.method === 'GET' || target.method === 'HEAD'
  const path = isSafe ? target.raw : pageBehind(exchange)
  const query = new URLSearchParams({ to: targets.seal(site.site.site, { path, restarts: 0 }) })
  if (!isSafe) query.set('why', 'form')
  else if (input.hasEnded) query.set('why', 'expired')
  // 303 after a form, so that the browser never posts it again to us; 302 for a page, as people's tools expect.
  dress(exchange)
  response.writeHead(isSafe ? 302 : 303, {
    Location: `${site.prefix}/sign-in?${query.toString()}`,
    'Cache-Control': 'no-store',
    [ANSWERED_BY_GATE]: 'sign-in-required',
    'Content-Length': 0,
  })
  response.end()
}

/**
 * Sixth step: ends every exchange that the policy does not allow.
 * - a page: to the sign-in, with its own address sealed into the link
 * - a script: 401 and JSON with the address of the sign-in (R8)
 * - a WebSocket handshake: 401, never a redirect (R11, W-01)
 * - somebody signed in who may not: 403 with the rule's name in the log
 */
export const challenge =
  (targets: ReturnTargets, refuse: Refuse, dress: (exchange: Exchange) => void) =>
  (input: Authorized): Allowed | null => {
    const { exchange, decision } = input
    if (decision.verdict === 'allow') return { ...input, allowed: true }
    if (decision.verdict === 'deny') refuse(exchange, 'forbidden', decision.rule)
    else if (exchange.upgradeHead === null && isNavigation(exchange.request)) redirectToSignIn(input, targets, dress)
    else refuse(exchange, 'sign-in-required', decision.rule)
    return null
  }
