import { originOf } from '../../policy/origin.ts'
import type { Site } from '../../policy/schema.ts'

/** The site as passkeys know it: they answer to its public host alone, and never to a name out of a request (R34). */
export interface RelyingParty {
  /** The RP ID. */
  readonly id: string
  readonly origin: string
  readonly name: string
}

export const relyingPartyOf = (site: Pick<Site, 'hosts' | 'origin' | 'name' | 'short-name'>): RelyingParty => {
  const origin = originOf(site)
  return { id: new URL(origin).hostname, origin, name: (site['short-name'] ?? site.name).fr }
}
