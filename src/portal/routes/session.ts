import type { Request, Response } from 'express'
import type { LiveSession } from '../../session/cache.ts'
import type { TimeLeft } from '../../session/expiry.ts'
import { destinationOf } from '../destination.ts'
import { saysSameOrigin, textOf } from '../form.ts'
import { liveSession, maySee } from '../live.ts'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf } from '../visit.ts'

/** No form of another site can set it, and no script of another site may without being asked first (C-16). */
const STAY_HEADER = 'x-portillon-stay'

const seconds = (milliseconds: number): number => Math.max(0, Math.floor(milliseconds / 1_000))

/**
 * What assets/session.js needs: seconds left if nobody does anything, and in any case; and a mark of the person, so that a
 * page is not gone on with by somebody else (R28).
 */
const describe = ({ forms }: PortalParts, { record }: LiveSession, left: TimeLeft) => ({
  left: seconds(left.idle),
  absolute: seconds(left.absolute),
  person: forms.owners.markOf(record).slice(0, 16),
})

/**
 * GET: whether this browser is signed in, for the pages' own script, because another tab may have finished (R4); and how long
 * the session has left, for the script of the application's pages (G9). Asking is no activity (R29).
 */
export const showSession =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const live = await liveSession(visit)
    const left = live === null ? null : await parts.expiry.left(live)
    if (live === null || left === null) {
      response.json({ signedIn: false })
      return
    }
    const target = parts.targets.open(visit.site.site.site, textOf(request.query, 'to'))
    const session = describe(parts, live, left)
    const isIn = maySee(visit, live, target?.path ?? '/', parts.clock.now())
    response.json(
      isIn ? { signedIn: true, continue: destinationOf(visit.site, target), session } : { signedIn: false, session },
    )
  }

/** POST « Rester connecté »: the person's word that they are still there, from a script of this site only. */
export const stayConnected =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    if (request.headers[STAY_HEADER] !== '1' || saysSameOrigin(request) !== true) {
      parts.refusals.refuse(visit, 'cross-site')
      return
    }
    const live = await liveSession(visit)
    const left = live === null ? null : await parts.expiry.stay(live)
    response.json({ session: live === null || left === null ? null : describe(parts, live, left) })
  }
