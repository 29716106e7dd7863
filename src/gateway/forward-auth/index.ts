import type { Clock } from '../../lib/clock.ts'
import type { ReturnTargets } from '../../lib/return-target.ts'
import type { LiveSession } from '../../session/cache.ts'
import { assertIdentity } from '../assert.ts'
import { authenticate } from '../authenticate.ts'
import { authorize } from '../authorize.ts'
import { chain } from '../chain.ts'
import { byRedirect, challenge, type Lead } from '../challenge.ts'
import type { ClientAddress } from '../client-address.ts'
import type { Allowed, Exchange, Incoming, Refuse } from '../exchange.ts'
import { isolate } from '../isolate.ts'
import { originOfHandshake } from '../origin.ts'
import { questionPath } from '../own.ts'
import { passPreflight } from '../preflight.ts'
import type { OnSpoof } from '../sanitize.ts'
import { signOut } from '../sign-out.ts'
import type { SiteTable } from '../site.ts'
import { ORIGINAL_URI } from './named-request.ts'
import { askedPath, original } from './original.ts'
import { presented } from './presented.ts'
import { verdict } from './verdict.ts'

export interface ForwardAuthParts {
  readonly sites: SiteTable
  readonly addresses: ClientAddress
  readonly targets: ReturnTargets
  readonly clock: Clock
  readonly seen: (session: LiveSession) => void
  readonly refuse: Refuse
  readonly endSession: (digest: string, input: Allowed) => Promise<void>
  readonly onSpoof: OnSpoof
  readonly dress: (exchange: Exchange) => void
}

/** Decisions for a proxy of the site that carries the data itself. */
export interface ForwardAuth {
  /** Whether a listed proxy asks. To everybody else the address is one of ours that does not exist (R19). */
  isAsking(incoming: Incoming): boolean
  answer(incoming: Incoming): void
}

/** The address by which the visitor came, if it is one of the site's; a proxy may resolve a bare path against the gate's. */
const publicOrigin = ({ site, host }: Exchange): string => {
  const asked = `${site.origin.slice(0, site.origin.indexOf('//'))}//${host}`
  return site.origins.has(asked) ? asked : site.origin
}

/**
 * nginx takes 2xx, 401 and 403 for answers and leaves the rest of them behind: the sign-in stands in a Location for it to
 * use. Traefik and Caddy hand the whole answer to the browser, which is redirected.
 */
const throughProxy: Lead = (exchange, address) => {
  const location = publicOrigin(exchange) + address
  const isLeftBehind = exchange.request.headers[ORIGINAL_URI] !== undefined
  return isLeftBehind ? { status: 401, location } : byRedirect(exchange, location)
}

/**
 * The table for proxies: the same steps, on the request that the proxy names, and a verdict where the data path forwards.
 * @param onFault as in the data path: hears what a step throws and must end the exchange
 */
export const createForwardAuth = (
  parts: ForwardAuthParts,
  onFault: (reached: unknown, thrown: unknown) => void,
): ForwardAuth => {
  const { sites, addresses, refuse } = parts
  const asking = [...sites.values()].filter(({ site }) => site['forward-auth'].enabled)
  const paths = new Set(asking.map(questionPath))
  return {
    isAsking: ({ request }) =>
      paths.size > 0 && paths.has(askedPath(request)) && addresses.isTrusted(request.socket.remoteAddress),
    answer: chain(
      onFault,
      original(sites, addresses, refuse),
      presented(refuse, parts.onSpoof),
      originOfHandshake(refuse),
      authenticate(parts.seen),
      authorize(parts.clock),
      passPreflight,
      challenge(parts.targets, refuse, parts.dress, throughProxy),
      isolate(refuse),
      signOut(parts.endSession),
      assertIdentity,
      verdict,
    ),
  }
}
