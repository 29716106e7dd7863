import type { AccountDirectory } from '../accounts/directory.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import type { Providers } from '../methods/oidc/index.ts'
import type { Mailer } from '../mail/mail.ts'
import { createBrowsers, type Browsers } from '../portal/browser.ts'
import { cookieName } from '../portal/cookies.ts'
import { createRefusals, type Refusals } from '../portal/errors.ts'
import { createCardJourneys, type CardJourneys } from '../portal/card/journeys.ts'
import { createPortal } from '../portal/index.ts'
import { createPages } from '../portal/respond.ts'
import { createViews, type Views } from '../portal/views.ts'
import type { PortalSite, Visit } from '../portal/visit.ts'
import { createRenderers } from '../render/renderer.ts'
import { createSessionEnds } from '../session/ends.ts'
import { createExpiry } from '../session/expiry.ts'
import { createSessionMiddleware } from '../session/middleware.ts'
import type { Foundations } from './foundations.ts'
import { joinCalls } from './join-calls.ts'
import { joinForms, type JoinedForms } from './join-forms.ts'
import { joinSignIn } from './join-sign-in.ts'
import type { AppSettings } from './settings.ts'

export interface JoinedPages {
  readonly views: Views
  readonly refusals: Refusals
  readonly portal: (visit: Visit) => void
  readonly browsers: Browsers
  readonly forms: JoinedForms
  readonly cards: CardJourneys
}

/** What the pages need that lives as long as they do. */
export interface PageParts {
  readonly directory: AccountDirectory
  readonly mailer: Mailer
  readonly providers: Providers
}

const joinSessions = ({ store, keyring }: Foundations, settings: AppSettings, sites: readonly PortalSite[]) =>
  new Map(
    sites.map((site) => [
      site.site.site,
      createSessionMiddleware({
        store,
        site: site.site.site,
        clock: settings.clock,
        random: settings.random,
        log: settings.log,
        secrets: () => keyring.cookieSecrets(),
        cookieName: cookieName(site, 'session'),
        secure: site.secure,
        mayBeFramed: (site.site['contextual-call']?.frames.length ?? 0) > 0,
      }),
    ]),
  )

/** The gate's own pages, refusals included. @throws when a template or a text is broken: meant to stop the start */
export const joinPages = (
  foundations: Foundations,
  settings: AppSettings,
  { directory, mailer, providers }: PageParts,
  sites: readonly PortalSite[],
): JoinedPages => {
  const { store, keyring, trail, metrics, targets, lifecycle } = foundations
  const { clock, random, log, outbox } = settings
  const renderers = createRenderers()
  const views = createViews({ sites: sites.map(({ site }) => site), renderers })
  const count = (site: string, code: string) => metrics.countRefusal(site, code)
  const refusals = createRefusals({ views, log, trail, clock, count })
  const browsers = createBrowsers({ random, key: purposeKey(keyring, 'browser') })
  const forms = joinForms(foundations, settings)
  const sessions = joinSessions(foundations, settings, sites)
  const cards = createCardJourneys({ store, random })
  const portal = createPortal({
    cards,
    clock,
    random,
    pages: createPages(views),
    views,
    refusals,
    browsers,
    targets,
    ...joinSignIn(foundations, settings, directory, mailer, renderers),
    lifecycle,
    providers,
    attach: { 'pro-sante-connect': providers.attach, oidc: providers.attach },
    calls: joinCalls(foundations, settings),
    countCall: (site, partner, result) => metrics.countCall(site, partner, result),
    expiry: createExpiry({ store, clock }),
    ends: createSessionEnds({ store, clock }),
    forms,
    sessionFor: (site) => sessions.get(site.site.site) ?? ((_request, _response, next) => next('not-found')),
    jwks: () => keyring.publicJwks(clock.now()),
    trail,
    outbox: outbox === null ? null : () => outbox.list(),
  })
  return { views, refusals, portal, browsers, forms, cards }
}
