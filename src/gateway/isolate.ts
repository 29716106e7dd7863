import { isInFrame } from '../lib/framed.ts'
import type { Sharing } from '../policy/sharing.ts'
import type { Allowed, Refuse } from './exchange.ts'

/** What a navigation goes to when it does not fill the window. */
const FRAMES: ReadonlySet<string> = new Set(['iframe', 'frame', 'embed', 'object', 'fencedframe'])

/** A link that a person followed: whoever wrote the page of the link sees nothing of where it leads. */
const isLinkFollowed = ({ exchange: { request, target } }: Allowed): boolean => {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination = 'document' } = request.headers
  return isReading(target.method) && mode === 'navigate' && !FRAMES.has(destination)
}

const isReading = (method: string): boolean => method === 'GET' || method === 'HEAD'

/** The application in a frame of the record system whose call has opened the session (R26): its pages, by reading alone. */
const isOfCallsFrame = ({ exchange: { request, target }, subject }: Allowed): boolean =>
  subject.kind === 'signed-in' &&
  subject.call?.framed === true &&
  isReading(target.method) &&
  isInFrame(request.headers)

/** Whether a page of another site may have this answer, or make this request, in the name of whoever looks at it. */
const mayUse = (input: Allowed, sharing: Sharing): boolean => {
  const { exchange, origin, fetchSite } = input
  if (origin !== undefined && sharing.origins.includes(origin)) return true
  if (isLinkFollowed(input) || isOfCallsFrame(input)) return true
  if (!isReading(exchange.target.method)) return false
  return sharing.shownIn === 'anywhere' || (sharing.shownIn === 'same-site' && fetchSite === 'same-site')
}

/**
 * After `challenge`: what a page of another site asks for in the name of the person who looks at it is not given, unless the
 * rule says so (W-13): pictures, scripts, styles, frames, forms, fetch in any mode. The browser itself says where a page
 * stands; it sends our session there only between hosts of one registered domain (SameSite=Lax), and there can be many of
 * those. A link is followed from anywhere. Handshakes were judged before, by `origin`.
 */
export const isolate =
  (refuse: Refuse) =>
  (input: Allowed): Allowed | null => {
    const { exchange, decision, session, fetchSite } = input
    if (fetchSite === undefined || fetchSite === 'same-origin' || fetchSite === 'none') return input
    const isOpen = session === null || decision.reasons[0] === 'public'
    if (isOpen || exchange.upgradeHead !== null || mayUse(input, exchange.site.policy.sharing(decision))) return input
    refuse(exchange, 'foreign-page', `${decision.rule}: ${fetchSite.slice(0, 20)}`)
    return null
  }
