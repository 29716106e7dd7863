import type { Request, Response } from 'express'
import type { Proof } from '../policy/schema.ts'
import type { LiveSession } from '../session/cache.ts'
import { signInHref } from './destination.ts'
import { liveSession } from './live.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf } from './visit.ts'

/** An establishment's word opens records, not the means by which somebody signs in: it is not the person who gave it. */
const NO_PROOF_OF_THEIRS: ReadonlySet<Proof> = new Set(['remembered-device', 'contextual-call'])

/**
 * The session of somebody who may change how they prove who they are: one that was opened by a full sign-in a short while
 * ago (C-14, T-19, S-23, R31). Everybody else is led to the sign-in and back to this page; null once that was answered.
 * @param path where they come back to, below the prefix; with its query
 */
export const freshSession = async (
  parts: PortalParts,
  request: Request,
  response: Response,
  path: string,
): Promise<LiveSession | null> => {
  const visit = visitOf(request)
  const { site } = visit
  const live = await liveSession(visit)
  const isFresh = live !== null && parts.clock.now() - live.record.authenticatedAt <= site.site.account.fresh
  // A remembered device proves nothing anew: somebody else may sit before it.
  const isOwn = !live?.record.methods.some((method) => NO_PROOF_OF_THEIRS.has(method))
  if (isFresh && isOwn) return live
  const sealed = parts.targets.seal(site.site.site, { path: `${site.prefix}${path}`, restarts: 0 })
  parts.pages.go(response, signInHref(site, sealed, live === null ? undefined : 'fresh'))
  return null
}
