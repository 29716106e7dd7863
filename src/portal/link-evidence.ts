import type { Request, Response } from 'express'
import type { ReturnTarget } from '../lib/return-target.ts'
import type { Evidence } from '../sign-in/evidence.ts'
import { liveSession } from './live.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf, type PortalSite } from './visit.ts'

/** Below the prefix: where somebody links a card or an account at a provider to their own. */
export const ACCOUNT_LINK = '/account/link'

/**
 * Where a card or a provider is presented for linking, the page that it leads back to says so: sealed, so that nobody
 * else's link can make one of a sign-in.
 */
export const linkTarget = ({ prefix }: Pick<PortalSite, 'prefix'>): ReturnTarget => ({
  path: `${prefix}${ACCOUNT_LINK}`,
  restarts: 0,
})

/**
 * Keeps a proof for the person who is signed in and asked to link it, and leads to the page that asks whether to; false
 * when nothing of the kind was asked for, or nobody is signed in any more.
 */
export const linkEvidence = async (
  parts: PortalParts,
  request: Request,
  response: Response,
  evidence: Evidence,
  target: ReturnTarget,
): Promise<boolean> => {
  const visit = visitOf(request)
  if (target.path !== linkTarget(visit.site).path) return false
  const live = await liveSession(visit)
  if (live === null) return false
  const pending = await parts.pendingLinks.offer(live.record.account, evidence)
  parts.pages.go(response, `${visit.site.prefix}${ACCOUNT_LINK}?${new URLSearchParams({ pending }).toString()}`)
  return true
}
