import type { Request, Response } from 'express'
import { destinationOf } from '../destination.ts'
import { liveSession, maySee } from '../live.ts'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf } from '../visit.ts'

/** GET: whether this browser is signed in, for the pages' own script: another tab may have finished (R4). */
export const showSession =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const live = await liveSession(visit)
    const { to } = request.query
    const target = parts.targets.open(visit.site.site.site, typeof to === 'string' ? to : '')
    const isIn = live !== null && maySee(visit, live, target?.path ?? '/', parts.clock.now())
    response.json(isIn ? { signedIn: true, continue: destinationOf(visit.site, target) } : { signedIn: false })
  }
