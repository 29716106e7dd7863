import type { MethodId } from '../policy/schema.ts'
import type { WaysNow } from '../policy/ways.ts'
import type { Arrival, ArrivalMethod } from './arrival-models.ts'
import type { PortalSite } from './visit.ts'

/** Below the prefix. */
const ARRIVAL_PAGES = {
  passkey: 'sign-in/passkey',
  cps: 'card',
  'pro-sante-connect': 'pro-sante-connect',
  oidc: 'oidc',
} as const satisfies Record<ArrivalMethod, string>

const isArrival = (id: MethodId | undefined): id is ArrivalMethod =>
  id !== undefined && Object.hasOwn(ARRIVAL_PAGES, id)

/** The page, below the prefix, that asks for a proof which is made elsewhere; undefined for what is answered on our own pages. */
export const pageElsewhere = (id: MethodId): string | undefined =>
  id === 'passkey' || !isArrival(id) ? undefined : ARRIVAL_PAGES[id]

/** The page that asks for a proof which is made elsewhere, and where that leads back to. */
export const arrivalHref = ({ prefix }: Pick<PortalSite, 'prefix'>, method: ArrivalMethod, sealed: string): string =>
  `${prefix}/${ARRIVAL_PAGES[method]}${sealed === '' ? '' : `?${new URLSearchParams({ to: sealed }).toString()}`}`

/**
 * The buttons of the sign-in page for open ways that begin without a password, in the order of the policy, once for each
 * method.
 */
export const arrivalsOf = (
  site: PortalSite,
  { open, ending }: Pick<WaysNow, 'open' | 'ending'>,
  sealed: string,
): readonly Arrival[] => {
  const firstPassword = open.findIndex(({ methods }) => methods[0] === 'password')
  const seen = new Set<MethodId>()
  return open.flatMap((way, at) => {
    const [method] = way.methods
    if (!isArrival(method) || seen.has(method)) return []
    seen.add(method)
    return [
      {
        method,
        href: arrivalHref(site, method, sealed),
        isBeforePassword: firstPassword === -1 || at < firstPassword,
        endsOn: ending.includes(way) ? (way.until ?? null) : null,
      },
    ]
  })
}
