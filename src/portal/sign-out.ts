import type { EndReason } from '../session/ends.ts'
import { liveSession } from './live.ts'
import type { PortalParts } from './portal-parts.ts'
import type { Visit } from './visit.ts'

/** Ends the live session of a visit, if there is one; on all nodes before anything is answered (S-05). */
export const farewellTo = async (parts: PortalParts, visit: Visit, reason: EndReason): Promise<void> => {
  const live = await liveSession(visit)
  if (live === null) return
  await parts.lifecycle.end(reason, live.digest)
  parts.trail.record({
    event: 'session.ended',
    site: visit.site.site.site,
    account: live.record.account,
    login: live.record.login,
    session: live.digest,
    detail: reason,
    reference: visit.reference,
    ...(visit.address === undefined ? {} : { address: visit.address }),
  })
}
