import type { LiveSession } from '../session/cache.ts'
import type { PeekResult } from '../session/peek.ts'
import { ANONYMOUS } from '../policy/subject.ts'
import type { Authenticated, Sanitized } from './exchange.ts'

const toAuthenticated = (input: Sanitized, peeked: PeekResult): Authenticated => {
  const live = peeked.state === 'live'
  // A session opened on one site says nothing on another, even if a cookie were carried over.
  const isHere = live && peeked.record.site === input.exchange.site.site.site
  return {
    ...input,
    subject: isHere ? peeked.subject : ANONYMOUS,
    session: isHere ? peeked.digest : null,
    ended: peeked.state === 'ended' ? peeked.digest : null,
  }
}

/** Fourth step: who it is. A store that does not answer closes the gate: the fault passes through. */
export const authenticate =
  (seen: (session: LiveSession) => void) =>
  (input: Sanitized): Authenticated | Promise<Authenticated> => {
    const conclude = (peeked: PeekResult): Authenticated => {
      if (peeked.state === 'live' && !input.exchange.site.policy.isBackground(input.exchange.target.path)) {
        seen(peeked)
      }
      return toAuthenticated(input, peeked)
    }
    const peeked = input.exchange.site.peek(input.cookies)
    return peeked instanceof Promise ? peeked.then(conclude) : conclude(peeked)
  }
