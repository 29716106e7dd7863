import { createClientAddress } from '../gateway/client-address.ts'
import type { Allowed, Exchange, Incoming } from '../gateway/exchange.ts'
import { createGateway, type Gateway } from '../gateway/index.ts'
import { createSiteTable, type GatewaySite } from '../gateway/site.ts'
import { createAddressList } from '../lib/address.ts'
import { farewellCookies } from '../portal/cookies.ts'
import type { RefusedAt } from '../portal/errors.ts'
import { dress } from '../portal/headers.ts'
import type { PortalSite } from '../portal/visit.ts'
import type { Foundations } from './foundations.ts'
import { formParts } from './join-forms.ts'
import type { JoinedPages } from './join-pages.ts'
import type { JoinedSite } from './join-site.ts'
import type { AppSettings } from './settings.ts'

/** Ends the gate's session when the application's own sign-out is asked for. */
const endSession =
  ({ lifecycle, trail }: Foundations) =>
  async (digest: string, { exchange }: Allowed): Promise<void> => {
    const [ended] = await lifecycle.end('signed-out', digest)
    trail.record({
      event: 'session.ended',
      site: exchange.site.site.site,
      session: digest,
      detail: 'signed out in the application',
      reference: exchange.reference,
      ...(ended === undefined ? {} : { account: ended.record.account, login: ended.record.login }),
      ...(exchange.address === undefined ? {} : { address: exchange.address }),
    })
  }

/** The hot path, and the few doors through which it reaches pages, sessions and sockets. */
export const joinDataPath = (
  foundations: Foundations,
  settings: AppSettings,
  { views, refusals, portal, browsers, forms }: JoinedPages,
  sites: readonly JoinedSite[],
): Gateway => {
  const { config, clock, log } = settings
  const { activity, targets, openEnds } = foundations
  const portals = new Map(sites.map((site) => [site.gateway, site.portal]))
  const portalOf = (site: GatewaySite): PortalSite => {
    const found = portals.get(site)
    if (found === undefined) throw new Error(`site ${site.site.site} has no pages`)
    return found
  }
  const refusedAt = (at: Incoming & Partial<Exchange>): RefusedAt => ({
    ...at,
    site: at.site === undefined ? undefined : portalOf(at.site),
    path: at.target?.path,
  })
  return createGateway({
    sites: createSiteTable(sites.map((site) => site.gateway)),
    addresses: createClientAddress(createAddressList(config.listen['trusted-proxies'])),
    targets,
    clock,
    seen: ({ digest, record }) => activity.seen(digest, record, clock.now()),
    portal: (exchange) => portal({ ...exchange, site: portalOf(exchange.site) }),
    refuse: (at, code, detail) => refusals.refuse(refusedAt(at), code, detail),
    dress: ({ request, response, site }) => {
      const { site: policy, secure } = portalOf(site)
      dress(request, response, views.contentSecurityPolicy(policy), secure)
    },
    endSession: endSession(foundations),
    farewell: {
      cookies: ({ exchange }) => farewellCookies(portalOf(exchange.site)),
      page: ({ exchange }) => `${exchange.site.prefix}/signed-out`,
    },
    forms: formParts(forms, foundations, settings, browsers, ({ site }) => portalOf(site)),
    onOpen: ({ session }, socket, end) => openEnds.sockets.add(session, socket, end),
    answers: openEnds.answers,
    onSpoof: ({ site, target, address, reference }, names) => {
      const fields = { names, site: site.site.site, path: target.path, address, reference }
      log.warn(fields, 'identity headers of a visitor were dropped')
      const place = { site: site.site.site, reference, ...(address === undefined ? {} : { address }) }
      foundations.trail.record({ event: 'identity.forged', detail: names.join(', '), ...place })
    },
  })
}
