import type { Authorized, Exchange, Refuse, Sanitized } from './exchange.ts'
import { linger } from './linger.ts'
import { joined, single } from './raw-headers.ts'

/** How long a browser may remember the answer, seconds: a change of the site file is felt soon. */
const REMEMBERED = '600'

/** Names of headers, and nothing that could be more. */
const NAMES = /^[\w!#$%&'*+.^`|~, -]{1,2000}$/

/** The method that a preflight asks for, when it comes from a foreign origin that the rule for it lists; null otherwise. */
const askedFor = ({ exchange: { request, target, site }, origin }: Sanitized): string | null => {
  if (target.method !== 'OPTIONS' || origin === undefined) return null
  const method = single(request.rawHeaders, 'access-control-request-method')
  if (typeof method !== 'string') return null
  return site.policy.originsFor(method, target.path).includes(origin) ? method : null
}

/**
 * After `own`: a browser asks whether a script of another origin may send a request, before it sends it, and never with a
 * cookie (CORS preflight, R9). Where the rule for that request lists the origin, the gate says yes by itself: applications
 * from before CORS could not, and nothing of somebody without a session reaches them. Every other preflight is a request
 * without a session.
 */
export const preflight =
  (dress: (exchange: Exchange) => void) =>
  (input: Sanitized): Sanitized | null => {
    const method = askedFor(input)
    if (method === null) return input
    const { exchange, origin = '' } = input
    const { request, response } = exchange
    const names = joined(request.rawHeaders, 'access-control-request-headers')
    dress(exchange)
    response.writeHead(204, {
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Allow-Methods': method,
      ...(names !== undefined && NAMES.test(names) ? { 'Access-Control-Allow-Headers': names } : {}),
      'Access-Control-Max-Age': REMEMBERED,
      Vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      'Cache-Control': 'no-store',
    })
    response.end()
    if (input.hasBody) linger(exchange)
    return null
  }

/** The same where a proxy of the site carries the data: it passes to the application, as nobody's, and that one answers. */
export const passPreflight = (input: Authorized): Authorized =>
  input.decision.verdict === 'sign-in' && askedFor(input) !== null
    ? { ...input, decision: { ...input.decision, verdict: 'allow', reasons: ['preflight'] } }
    : input

/**
 * Lets scripts of a listed origin read why a request was refused, above all that somebody has to sign in (R9): without this
 * a browser tells them of a network error. Before the refusal is written.
 */
export const letRead = (at: Parameters<Refuse>[0]): void => {
  const { site, target, request, response } = at
  if (site === undefined || target === undefined || response.headersSent) return
  const origin = joined(request.rawHeaders, 'origin')
  if (origin === undefined || !site.policy.originsFor(target.method, target.path).includes(origin)) return
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Access-Control-Allow-Credentials', 'true')
  response.setHeader('Access-Control-Expose-Headers', 'X-Portillon')
  response.setHeader('Vary', 'Origin')
}
