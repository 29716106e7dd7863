import type { Clock } from '../lib/clock.ts'
import type { FlowSite } from '../sign-in/flow-site.ts'
import type { Visit } from './visit.ts'

/** The site as the sign-in sees it today, from where the visitor is. */
export const flowSite = ({ site, address }: Pick<Visit, 'site' | 'address'>, clock: Clock): FlowSite => ({
  site: site.site,
  origin: site.origin,
  realm: site.realm,
  ways: site.policy.waysAt(clock.now(), address),
})
