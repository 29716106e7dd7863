import type { Asserted, Exchange } from './exchange.ts'
import type { Leaving } from './sign-out.ts'
import type { GatewaySite } from './site.ts'

/** The header that carries the signed statement (DESIGN §8). */
export const ASSERTION_HEADER = 'X-Portillon-Assertion'

/**
 * What the log and the audit trail call this request, so that the application's own log can be joined with them (R33). A
 * name of the gate's family: what visitors send under it is dropped, and the `X-Request-Id` of a front passes untouched.
 */
const REFERENCE_HEADER = 'X-Portillon-Reference'

/** What tells the application where the visitor came from: written by the gate alone, from what it trusts (H-09). */
const forwarding = (exchange: Exchange): string[] => [
  'Host',
  exchange.site.upstream.hostFor(exchange.host),
  'X-Forwarded-For',
  exchange.address ?? 'unknown',
  'X-Forwarded-Proto',
  exchange.site.origin.startsWith('https:') ? 'https' : 'http',
  'X-Forwarded-Host',
  exchange.host,
  REFERENCE_HEADER,
  exchange.reference,
]

/** The request as the application's server will read it. */
const forwarded = ({ site, host, target }: Exchange) => ({
  method: target.method,
  host: site.upstream.hostFor(host),
  target: target.raw,
})

const tellWho = (input: Leaving, sign: GatewaySite['sign']): Asserted | Promise<Asserted> => {
  const { exchange, headers, hasBody, subject, session, origin, isLeaving } = input
  const { site } = exchange
  const sharing = site.policy.sharing(input.decision)
  const identity = site.identityHeaders(subject)
  for (const [name, value] of identity) headers.push(name, value)
  const conclude = (assertion: string | null): Asserted => {
    headers.push(ASSERTION_HEADER, assertion ?? '')
    const signature = sign === null ? null : () => sign(forwarded(exchange), identity, assertion ?? '')
    return { isAsserted: true, exchange, headers, hasBody, subject, session, sharing, origin, isLeaving, signature }
  }
  if (subject.kind === 'anonymous' || session === null) return conclude(null)
  const assertion = site.assertion(subject, session)
  return assertion instanceof Promise ? assertion.then(conclude) : conclude(assertion)
}

/**
 * Who it is, complete: every name that the gate can set is set, with an empty value where there is nothing to say: what is
 * missing is never left to the visitor. Nothing is signed: this is for a proxy, and what the application will receive is the
 * proxy's to write (it may leave out what is empty, and spell the address anew).
 */
export const assertIdentity = (input: Leaving): Asserted | Promise<Asserted> => tellWho(input, null)

/**
 * Eighth step: the headers that the application receives: whence the visitor came, who it is, and the signature that holds
 * it to this request (H-16), as soon as it is sent. What comes until then may change the body and what describes it, and
 * nothing that is signed.
 */
export const assert = (input: Leaving): Asserted | Promise<Asserted> => {
  input.headers.push(...forwarding(input.exchange))
  return tellWho(input, input.exchange.site.sign)
}
