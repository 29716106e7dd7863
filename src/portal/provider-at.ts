import type { Response } from 'express'
import type { Provider } from '../methods/oidc/provider.ts'
import type { ProviderMethod } from '../policy/provider-credentials.ts'
import { signInHref } from './destination.ts'
import type { PortalParts } from './portal-parts.ts'
import type { ProviderRefusalKind } from './provider-models.ts'
import { visitOf } from './visit.ts'

/** The provider of this site; null once it has been answered that there is none. */
export const providerAt = (parts: PortalParts, response: Response, method: ProviderMethod): Provider | null => {
  const visit = visitOf(response.req)
  const provider = parts.providers.of(visit.site.site.site, method)
  if (provider === null) parts.refusals.refuse(visit, 'not-found')
  return provider
}

/** Whether a sign-in may begin with it today, from here. */
export const isWayOpen = (parts: PortalParts, response: Response, method: ProviderMethod): boolean => {
  const { site, address } = visitOf(response.req)
  return site.policy.waysAt(parts.clock.now(), address).open.some(({ methods }) => methods.includes(method))
}

/** The page that says why nothing came of it: at an address of its own, without the code and the state of the answer (J-17). */
export const refusedHref = (
  response: Response,
  method: ProviderMethod,
  { kind, to }: { readonly kind: ProviderRefusalKind; readonly to: string },
): string => {
  const { site, reference } = visitOf(response.req)
  const query = new URLSearchParams({ why: kind, ref: reference, ...(to !== '' && { to }) })
  return `${site.prefix}/${method}/refused?${query.toString()}`
}

export const STATUS: Readonly<Record<ProviderRefusalKind, number>> = {
  cancelled: 200,
  unavailable: 503,
  expired: 403,
  'too-weak': 403,
  stale: 403,
  'no-number': 403,
  refused: 403,
}

/** Where somebody begins again with the provider, when they decide so. */
export const beginHref = (response: Response, method: ProviderMethod, to: string): string => {
  const { site } = visitOf(response.req)
  return `${site.prefix}/${method}${to === '' ? '' : `?${new URLSearchParams({ to }).toString()}`}`
}

export const backHref = (response: Response, to: string): string => signInHref(visitOf(response.req).site, to)
