import type { Response } from 'express'
import { buttonLogoOf } from '../render/assets.ts'
import type { Arrival, ArrivalMethod } from './arrival-models.ts'
import { languageOf } from './language.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf } from './visit.ts'

const isProvider = (method: ArrivalMethod): method is 'pro-sante-connect' | 'oidc' =>
  method === 'pro-sante-connect' || method === 'oidc'

/**
 * The buttons of providers as the site dresses them. That of one which does not answer stays where it is and says so: people
 * look for it, and find a reason and the other ways (R37).
 */
export const dressArrivals = (
  parts: Pick<PortalParts, 'providers' | 'views'>,
  response: Response,
  arrivals: readonly Arrival[],
): readonly Arrival[] => {
  const { site, request } = visitOf(response.req)
  const language = languageOf(request.headers['accept-language'])
  return arrivals.map((arrival) => {
    const { method } = arrival
    if (!isProvider(method)) return arrival
    const logo = buttonLogoOf(site.site, method)
    const fault = parts.providers.of(site.site.site, method)?.fault() ?? null
    return {
      ...arrival,
      text: site.site[method]?.button.text?.[language],
      logo: logo === null ? undefined : `${site.prefix}/assets/${parts.views.assets(site.site).href(logo)}`,
      isAway: fault !== null && fault !== 'not-yet',
    }
  })
}
