import type { Response } from 'express'
import type { Provider } from '../methods/oidc/provider.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf } from './visit.ts'

/** Writes down that nothing came of somebody's way to a provider: whose answer it was, and what was wrong, in one word. */
export const recordProviderRefused = (
  { trail }: Pick<PortalParts, 'trail'>,
  response: Response,
  { profile }: Provider,
  cause: string,
): void => {
  const { site, address, reference } = visitOf(response.req)
  trail.record({
    event: 'sign-in.provider-refused',
    site: site.site.site,
    method: profile.method,
    detail: `${cause} ${profile.issuer}`,
    reference,
    ...(address === undefined ? {} : { address }),
  })
}
