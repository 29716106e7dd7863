import type { Asserted, Exchange } from './exchange.ts'
import type { Leaving } from './sign-out.ts'

/** The header that carries the signed statement (DESIGN §8). */
export const ASSERTION_HEADER = 'X-Portillon-Assertion'

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
]

/**
 * Who it is, complete: every name that the gate can set is set, with an empty value where there is nothing to say: what is
 * missing is never left to the visitor.
 */
export const assertIdentity = (input: Leaving): Asserted | Promise<Asserted> => {
  const { exchange, headers, subject, session, isLeaving } = input
  const { site } = exchange
  for (const [name, value] of site.identityHeaders(subject)) headers.push(name, value)
  const conclude = (assertion: string | null): Asserted => {
    headers.push(ASSERTION_HEADER, assertion ?? '')
    return { isAsserted: true, exchange, headers, hasBody: input.hasBody, subject, session, isLeaving }
  }
  if (subject.kind === 'anonymous' || session === null) return conclude(null)
  const assertion = site.assertion(subject, session)
  return assertion instanceof Promise ? assertion.then(conclude) : conclude(assertion)
}

/** Eighth step: the headers that the application receives: whence the visitor came, and who it is. */
export const assert = (input: Leaving): Asserted | Promise<Asserted> => {
  input.headers.push(...forwarding(input.exchange))
  return assertIdentity(input)
}
