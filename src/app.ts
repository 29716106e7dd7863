import { openFoundations, type Foundations } from './app/foundations.ts'
import { joinDataPath } from './app/join-data-path.ts'
import { joinPages } from './app/join-pages.ts'
import { joinSite } from './app/join-site.ts'
import type { AppSettings } from './app/settings.ts'
import { createAssertionMinter } from './identity/assertion.ts'
import { CLOSE } from './gateway/websocket-end.ts'
import type { Keyring } from './identity/keyring.ts'
import { normalizeAddress } from './lib/address.ts'
import { createReferences } from './lib/reference.ts'
import { createMailer } from './mail/mailer.ts'
import { createAdminListener } from './server/admin-listener.ts'
import { askAll, isSound } from './server/health.ts'
import { listen } from './server/listen.ts'
import { FIGURES_TYPE, figuresText } from './server/metrics.ts'
import { createVisitorListener } from './server/visitor-listener.ts'

export type { AppSettings } from './app/settings.ts'

/** How long mail that waits may take to leave when the process stops. */
const LAST_MAILS = 2_000

export interface App extends Pick<Foundations, 'database' | 'store' | 'trail' | 'lifecycle'> {
  /** Ports on which visitors and monitoring are served. */
  readonly port: number
  readonly adminPort: number
  /** The public keys of assertions, as jwks.json shows them. */
  jwks(): ReturnType<Keyring['publicJwks']>
  /** Writes the activity of people down that is only noted so far. */
  settle(): Promise<void>
  /** Stops taking visitors, lets requests in flight end, then closes everything. True when nothing had to be cut off. */
  stop(): Promise<boolean>
}

/**
 * Makes every part, joins them, and listens. Nothing is decided here: `app/` holds one file for each thing that is joined.
 * @throws when something wrong must stop the start
 */
export const startApp = async (settings: AppSettings): Promise<App> => {
  const { config, clock, random, log } = settings
  const foundations = await openFoundations(settings)
  const { keyring, store, database, trail, lifecycle, metrics, activity } = foundations
  const mailer = createMailer({ transport: settings.transport, log, clock, random, timeout: settings.mailTimeout })
  const minter = createAssertionMinter({ keyring, clock, random })
  const sites = settings.sites.map((site) => joinSite(foundations, settings, minter, site))
  const portals = sites.map((site) => site.portal)
  const pages = joinPages(foundations, settings, mailer, portals)
  const dataPath = await joinDataPath(foundations, settings, pages, sites)

  let isDraining = false
  const visitors = createVisitorListener({
    tls: settings.tls,
    onRequest: (arrival) => {
      metrics.countRequest()
      dataPath.gateway.onRequest(arrival)
    },
    onUpgrade: (arrival) => dataPath.gateway.onUpgrade(arrival),
    onUnreadable: (arrival, code, detail) => {
      const address = normalizeAddress(arrival.request.socket.remoteAddress ?? '')
      pages.refusals.refuse({ ...arrival, address }, code, detail)
    },
    nextReference: createReferences(random),
    webSockets: {
      endAll: () => dataPath.sockets.endAll(CLOSE.goingAway),
      get size() {
        return dataPath.sockets.size
      },
    },
  })
  const checks = [
    { name: 'store', ask: () => store.ping() },
    { name: 'accounts', ask: () => database.ping() },
  ]
  const admin = createAdminListener({
    health: async () => {
      const parts = await askAll(checks)
      return { ready: !isDraining && isSound(parts), draining: isDraining, parts }
    },
    figures: async () => figuresText([await metrics.figures()]),
    figuresType: FIGURES_TYPE,
  })
  const closeParts = async (): Promise<void> => {
    await Promise.all(sites.map((site) => site.gateway.upstream.pool.close()))
    await mailer.close(LAST_MAILS)
    await dataPath.close()
    await foundations.close()
    admin.close()
    admin.closeAllConnections()
  }
  try {
    const adminPort = await listen(admin, config.admin.port, config.admin.address)
    const { port: asked, address } = config.listen
    const port = await visitors.listen({ port: asked, address, shared: false })
    log.info({ port, adminPort, sites: settings.sites.map(({ site }) => site.site) }, 'the gate stands')
    return {
      database,
      store,
      trail,
      lifecycle,
      port,
      adminPort,
      jwks: () => keyring.publicJwks(clock.now()),
      settle: () => activity.flush(),
      stop: async () => {
        isDraining = true
        const cut = await visitors.drain({ limit: config.drain, overlap: false })
        await closeParts()
        log.info({ cut }, 'the gate is closed')
        return cut.requests + cut.webSockets === 0
      },
    }
  } catch (thrown) {
    await closeParts()
    throw thrown
  }
}
