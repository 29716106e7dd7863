import type { LiveSession } from '../session/cache.ts'
import type { PeekResult } from '../session/peek.ts'
import { ANONYMOUS } from '../policy/subject.ts'
import type { Authenticated, Exchange, Sanitized } from './exchange.ts'
import { opensChannel } from './opens-channel.ts'

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

/** Whether somebody is likely to have done something, rather than their page by itself (R29, G17). */
const isActivity = (exchange: Exchange): boolean =>
  !exchange.site.policy.isBackground(exchange.target.path) && !opensChannel(exchange)

/** Fourth step: who it is. A store that does not answer closes the gate: the fault passes through. */
export const authenticate =
  (seen: (session: LiveSession) => void) =>
  (input: Sanitized): Authenticated | Promise<Authenticated> => {
    const conclude = (peeked: PeekResult): Authenticated => {
      if (peeked.state === 'live' && isActivity(input.exchange)) seen(peeked)
      return toAuthenticated(input, peeked)
    }
    const peeked = input.exchange.site.peek(input.cookies)
    return peeked instanceof Promise ? peeked.then(conclude) : conclude(peeked)
  }
