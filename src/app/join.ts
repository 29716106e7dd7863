import type { Gateway } from '../gateway/index.ts'
import { createAssertionMinter } from '../identity/assertion.ts'
import { createMailer } from '../mail/mailer.ts'
import type { Refusals } from '../portal/errors.ts'
import type { CardJudge } from '../methods/cps/judge.ts'
import type { Foundations } from './foundations.ts'
import type { UpstreamLoad } from '../server/metrics.ts'
import { joinAccounts } from './join-accounts.ts'
import type { CardArrival } from '../portal/card/door.ts'
import { joinCardDoor } from './join-card-door.ts'
import { joinDataPath } from './join-data-path.ts'
import { joinPages } from './join-pages.ts'
import { joinProviders } from './join-providers.ts'
import { joinSite } from './join-site.ts'
import type { AppSettings } from './settings.ts'

/** How long mail that waits may take to leave once nobody needs these parts any more, milliseconds. */
const LAST_MAILS = 2_000

/** Everything that is made from settings which may change while the process runs: sites, pages, mail, the data path. */
export interface Joined {
  readonly gateway: Gateway
  readonly refusals: Refusals
  /** Takes what comes to the listener of cards; null where no cards are taken. */
  readonly onCard: ((arrival: CardArrival) => void) | null
  /** What is going on with each application. */
  readonly loads: () => readonly UpstreamLoad[]
  /** Ends what these parts alone have opened; requests to the applications that are under way end first. */
  close(): Promise<void>
}

/** @throws when a template, a text or a file of a site is broken; nothing stays open then */
export const join = (foundations: Foundations, settings: AppSettings, cards: CardJudge | null): Joined => {
  const { clock, random, log, transport, mailTimeout, mailLimits } = settings
  const minter = createAssertionMinter({ keyring: foundations.keyring, clock, random })
  const sites = settings.sites.map((site) => joinSite(foundations, settings, minter, site))
  const mailer = createMailer({ ...mailLimits, transport, log, clock, random, timeout: mailTimeout })
  const portals = sites.map((site) => site.portal)
  const accounts = joinAccounts(foundations, settings)
  const providers = joinProviders(foundations, settings)
  try {
    const pages = joinPages(foundations, settings, { directory: accounts.directory, mailer, providers }, portals)
    const gateway = joinDataPath(foundations, settings, pages, sites)
    return {
      gateway,
      refusals: pages.refusals,
      onCard: joinCardDoor(foundations, pages, cards, portals),
      loads: () =>
        sites.map(({ gateway: { site, upstream } }) => ({
          site: site.site,
          running: upstream.queue.running,
          waiting: upstream.queue.waiting,
          webSockets: upstream.webSockets.taken,
        })),
      close: async () => {
        await Promise.all(sites.map((site) => site.gateway.upstream.close()))
        await Promise.all([mailer.close(LAST_MAILS), accounts.close(), providers.close()])
      },
    }
  } catch (thrown) {
    void accounts.close()
    void providers.close()
    throw thrown
  }
}
