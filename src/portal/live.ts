import { parseTarget } from '../lib/path.ts'
import type { LiveSession } from '../session/cache.ts'
import type { HowEnded, SessionEnds } from '../session/ends.ts'
import type { Visit } from './visit.ts'

/** The live session of this visit on this very site, or null. */
export const liveSession = async (visit: Visit): Promise<LiveSession | null> => {
  const peeked = await visit.site.peek(visit.request.headers.cookie)
  return peeked.state === 'live' && peeked.record.site === visit.site.site.site ? peeked : null
}

/** How the session ended whose cookie this visit still brings; null when that is not known. */
export const howEnded = async (ends: SessionEnds, { site, request }: Visit): Promise<HowEnded | null> => {
  const peeked = await site.peek(request.headers.cookie)
  return peeked.state === 'ended' ? ends.how(peeked.digest) : null
}

/** Whether the policy lets this session see that page: if not, the sign-in page offers a stronger way. */
export const maySee = (visit: Visit, live: LiveSession, path: string, now: number): boolean => {
  const target = parseTarget('GET', path)
  if (!target.ok) return false
  const { verdict } = visit.site.policy.decide(target.value, live.subject, { address: visit.address, now })
  // A page that is denied is answered there, with its own page: the sign-in has nothing better to offer.
  return verdict !== 'sign-in'
}
