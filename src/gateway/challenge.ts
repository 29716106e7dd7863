import type { ReturnTargets } from '../lib/return-target.ts'
import type { Target } from '../lib/target.ts'
import type { Allowed, Authorized, Exchange, Refuse } from './exchange.ts'
import { linger } from './linger.ts'
import { isNavigation } from './navigation.ts'
import { pageBehind } from './page-behind.ts'

/** Tells scripts, proxies and people with a console that the gate answered, not the application. */
export const ANSWERED_BY_GATE = 'X-Portillon'

const isSafe = ({ method }: Target): boolean => method === 'GET' || method === 'HEAD'

/** Why somebody is at the sign-in page, in the word that the page knows. */
const reasonOf = ({ exchange, ended, form }: Authorized): string | null => {
  if (form !== undefined) return 'kept' in form ? 'form-kept' : form.lost
  if (!isSafe(exchange.target)) return 'form'
  return ended === null ? null : 'expired'
}

/** Path and query of the sign-in page that leads back to what was asked for; after a form, to the page that it was on. */
const signInAddress = (input: Authorized, targets: ReturnTargets): string => {
  const { exchange, form } = input
  const { site, target } = exchange
  const path = isSafe(target) ? target.raw : (pageBehind(exchange) ?? '/')
  const kept = form !== undefined && 'kept' in form ? { form: form.kept } : {}
  const query = new URLSearchParams({ to: targets.seal(site.site.site, { path, restarts: 0, ...kept }) })
  const why = reasonOf(input)
  if (why !== null) query.set('why', why)
  return `${site.prefix}/sign-in?${query.toString()}`
}

/** How a browser that goes to a page is led to the sign-in, whose path and query is `address`. */
export type Lead = (exchange: Exchange, address: string) => { readonly status: number; readonly location: string }

/** 303 after a form, so that the browser never posts it again to us; 302 for a page, as people's tools expect. */
export const byRedirect: Lead = ({ target }, location) => ({ status: isSafe(target) ? 302 : 303, location })

/**
 * Seventh step: ends every exchange that the policy does not allow.
 * - a page: to the sign-in, with its own address sealed into the link
 * - a script: 401 and JSON with the address of the sign-in (R8)
 * - a WebSocket handshake: 401, never a redirect (R11, W-01)
 * - somebody signed in who may not: 403 with the rule's name in the log
 */
export const challenge =
  (targets: ReturnTargets, refuse: Refuse, dress: (exchange: Exchange) => void, lead: Lead = byRedirect) =>
  (input: Authorized): Allowed | null => {
    const { exchange, decision } = input
    if (decision.verdict === 'allow') return { ...input, allowed: true }
    if (decision.verdict === 'deny') refuse(exchange, 'forbidden', decision.rule)
    else if (exchange.upgradeHead === null && isNavigation(exchange.request)) {
      const { status, location } = lead(exchange, signInAddress(input, targets))
      dress(exchange)
      exchange.response.writeHead(status, {
        Location: location,
        'Cache-Control': 'no-store',
        [ANSWERED_BY_GATE]: 'sign-in-required',
        'Content-Length': 0,
      })
      exchange.response.end()
      if (input.hasBody) linger(exchange)
    } else refuse(exchange, 'sign-in-required', decision.rule)
    return null
  }
