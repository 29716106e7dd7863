import type { Request, Response } from 'express'
import { doneHref } from '../destination.ts'
import { liveSession } from '../live.ts'
import type { PortalParts } from '../portal-parts.ts'
import { signInPage } from '../sign-in-page.ts'
import { visitOf } from '../visit.ts'

/** GET, in a small window beside a page of the application: the sign-in, which ends there and leads nowhere else (G9). */
export const showSignInAgain =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    if ((await liveSession(visit)) !== null) {
      parts.pages.go(response, doneHref(site))
      return
    }
    const sealed = parts.targets.seal(site.site.site, { path: doneHref(site), restarts: 0 })
    signInPage(parts, response, { sealed, why: 'again' })
  }

/** GET: the window may be closed; the page beside it goes on. */
export const showSignInDone =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const live = await liveSession(visit)
    if (live === null) parts.pages.go(response, `${visit.site.prefix}/sign-in/again`)
    else {
      const signOutHref = `${visit.site.prefix}/sign-out`
      parts.pages.show(response, 'signed-in-again', { name: live.record.name, signOutHref })
    }
  }
