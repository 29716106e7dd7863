import type { Response } from 'express'
import { destinationOf, signInHref } from './destination.ts'
import { liveSession } from './live.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf } from './visit.ts'

/** Automatic new starts of one visit: the next one waits for the person (R5). */
const MAX_RESTARTS = 2

/**
 * A sign-in that is over: somebody who signed in meanwhile in another tab goes on to this tab's own page (R4); for
 * everybody else it starts again with the target kept, by itself twice at most (R5, R15).
 */
export const startAgain = async (parts: PortalParts, response: Response, sealed: string): Promise<void> => {
  const visit = visitOf(response.req)
  const { site } = visit
  const target = parts.targets.open(site.site.site, sealed)
  if ((await liveSession(visit)) !== null) {
    parts.pages.go(response, destinationOf(site, target))
    return
  }
  const kept = target ?? { path: '/', restarts: 0 }
  const restarts = kept.restarts + 1
  if (restarts > MAX_RESTARTS) {
    const retryHref = signInHref(site, parts.targets.seal(site.site.site, { ...kept, restarts: 0 }))
    parts.pages.show(response, 'loop', { retryHref, reference: visit.reference }, 508)
    return
  }
  parts.pages.go(response, signInHref(site, parts.targets.seal(site.site.site, { ...kept, restarts }), 'restarted'))
}
