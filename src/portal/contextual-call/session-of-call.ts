import type { SessionRecord } from '../../session/record.ts'
import type { Proven } from '../../sign-in/under-way.ts'
import type { PortalParts } from '../portal-parts.ts'
import type { PortalSite } from '../visit.ts'

/** What a call makes of the session that it opens: its own limits, and what the application is told on each request. */
export interface SessionOfCall {
  readonly idle: number
  readonly absolute: number
  readonly call: NonNullable<SessionRecord['call']>
}

/** Null for a session that no call has opened, or whose call is over: then the application is told of none. */
export const sessionOfCall = async (
  parts: Pick<PortalParts, 'calls'>,
  site: PortalSite,
  { attached = [] }: Pick<Proven, 'attached'>,
): Promise<SessionOfCall | null> => {
  const calls = parts.calls.of(site.site.site)
  const name = attached.find(({ method }) => method === 'contextual-call')?.reference
  if (calls === null || name === undefined) return null
  const limits = {
    idle: Math.min(calls.policy.session.idle, site.site.session.idle),
    absolute: Math.min(calls.policy.session.absolute, site.site.session.absolute),
  }
  const call = await calls.pending.find(site.site.site, name)
  const isConfined = calls.policy.confined !== undefined
  return call === null ? null : { ...limits, call: calls.contextOf(call, name, isConfined) }
}
