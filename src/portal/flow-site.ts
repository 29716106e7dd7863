import type { Clock } from '../lib/clock.ts'
import type { FlowSite } from '../sign-in/flow-site.ts'
import type { PortalSite } from './visit.ts'

/** The site as the sign-in sees it today. */
export const flowSite = (site: PortalSite, clock: Clock): FlowSite => ({
  site: site.site,
  origin: site.origin,
  realm: site.realm,
  openWays: site.policy.openWays(clock.now()).open,
})
