import { readFileSync } from 'node:fs'
import { createPasswordHasher } from './accounts/password-hash.ts'
import { createSqlDirectory } from './accounts/sql.ts'
import type { AuditTrail } from './audit/events.ts'
import { createAuditTrail } from './audit/trail.ts'
import type { Instance } from './config/instance.ts'
import { openDatabase, type Database } from './database/open.ts'
import { createClientAddress } from './gateway/client-address.ts'
import type { Exchange, Incoming } from './gateway/exchange.ts'
import { createGateway } from './gateway/index.ts'
import { createOpenSockets } from './gateway/open-sockets.ts'
import { createSiteTable, type GatewaySite } from './gateway/site.ts'
import { createUpstream } from './gateway/upstream-pool.ts'
import { createAssertionMinter, type AssertionMinter } from './identity/assertion.ts'
import { createHeaderFilter } from './identity/header-filter.ts'
import { createIdentityHeaders } from './identity/headers.ts'
import { openKeyring, type Keyring } from './identity/keyring.ts'
import { refreshKeyring } from './identity/refresh.ts'
import { createAddressList } from './lib/address.ts'
import type { Clock } from './lib/clock.ts'
import type { PurposeKey } from './lib/digest.ts'
import type { Log } from './lib/log.ts'
import type { Random } from './lib/random.ts'
import { createReferences } from './lib/reference.ts'
import { createReturnTargets } from './lib/return-target.ts'
import { createMailer } from './mail/mailer.ts'
import type { Outbox } from './mail/outbox.ts'
import type { MailTransport } from './mail/transport.ts'
import { createEmailCodeMethod } from './methods/email-code/index.ts'
import { writeLetter } from './methods/email-code/letter.ts'
import { createPasswordMethod } from './methods/password/index.ts'
import { createPolicy, type Policy } from './policy/decide.ts'
import type { LoadedSite } from './policy/load.ts'
import { createBrowsers } from './portal/browser.ts'
import { cookieName, farewellCookies } from './portal/cookies.ts'
import { createRefusals, type RefusedAt } from './portal/errors.ts'
import { dress } from './portal/headers.ts'
import { createPortal } from './portal/index.ts'
import { createPages } from './portal/respond.ts'
import { createViews } from './portal/views.ts'
import type { PortalSite } from './portal/visit.ts'
import { createAdminListener } from './server/admin-listener.ts'
import { drain, listen } from './server/draining.ts'
import { createMetrics } from './server/metrics.ts'
import { createVisitorListener } from './server/visitor-listener.ts'
import { createActivity } from './session/activity.ts'
import { createSessionCache, type SessionCache } from './session/cache.ts'
import { createLifecycle } from './session/lifecycle.ts'
import { createSessionMiddleware } from './session/middleware.ts'
import { createPeek } from './session/peek.ts'
import { createAttempts } from './sign-in/attempt.ts'
import { createSignInFlow } from './sign-in/flow.ts'
import { createThrottle } from './sign-in/throttle.ts'
import { channels } from './store/keys.ts'
import { openStore } from './store/open.ts'
import type { Store } from './store/store.ts'

/** What an instance is made from; `serve` reads it from files, `demo` makes it up. */
export interface AppSettings {
  readonly config: Pick<Instance, 'listen' | 'admin' | 'store' | 'keys' | 'drain'>
  readonly databaseUrl: string
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null
  readonly sites: readonly LoadedSite[]
  readonly transport: MailTransport
  /** How long the mail server may stay silent, milliseconds. */
  readonly mailTimeout: number
  /** The outbox page of the demonstration; null for a real instance. */
  readonly outbox: Outbox | null
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface App {
  /** Ports on which visitors and monitoring are served. */
  readonly port: number
  readonly adminPort: number
  readonly database: Database
  readonly store: Store
  readonly trail: AuditTrail
  /** The public keys of assertions, as jwks.json shows them. */
  jwks(): ReturnType<Keyring['publicJwks']>
  /** Writes down what is only noted so far: activity and the audit trail. */
  settle(): Promise<void>
  /** Stops taking visitors, lets requests in flight end, then closes everything. True when nothing had to be cut off. */
  stop(): Promise<boolean>
}

/** What all sites share. */
interface Shared {
  readonly settings: AppSettings
  readonly keyring: Keyring
  readonly minter: AssertionMinter
  readonly cache: SessionCache
}

/** One site, as the data path and the pages see it. */
interface JoinedSite {
  readonly gateway: GatewaySite
  readonly portal: PortalSite
}

const purposeKey = (keyring: Keyring, purpose: string): PurposeKey => ({
  current: () => keyring.derive(purpose),
  every: () => keyring.deriveAll(purpose),
})

const joinSite = (shared: Shared, loaded: LoadedSite): JoinedSite => {
  const { settings, keyring, minter, cache } = shared
  const { site, origin, secure, realm } = loaded
  const policy: Policy = createPolicy(site)
  const peek = createPeek({
    cache,
    secrets: () => keyring.cookieSecrets(),
    cookieName: cookieName({ secure }, 'session'),
    site: site.site,
    clock: settings.clock,
  })
  const scheme = origin.slice(0, origin.indexOf('//'))
  const ca = site.upstream.ca === undefined ? undefined : readFileSync(site.upstream.ca, 'utf8')
  return {
    gateway: {
      site,
      origin,
      origins: new Set([origin, ...site.hosts.map((host) => `${scheme}//${host}`)]),
      prefix: site.prefix,
      policy,
      isOurHeader: createHeaderFilter(site),
      identityHeaders: createIdentityHeaders(site),
      assertion: minter.forSite(site, origin),
      peek,
      upstream: createUpstream(site.upstream, ca),
    },
    portal: { site, origin, secure, prefix: site.prefix, realm, policy, peek },
  }
}

/** Makes every part, joins them, and listens. Nothing is decided here. @throws when something wrong must stop the start */
export const startApp = async (settings: AppSettings): Promise<App> => {
  const { config, clock, random, log } = settings
  const keyring = await openKeyring(config.keys, { clock, random })
  const stopRefreshing = refreshKeyring(keyring, log)
  const store = openStore(config.store, { clock, log })
  const database = openDatabase(settings.databaseUrl, log)
  await database.migrate()

  const metrics = createMetrics()
  const table = createAuditTrail({ database, log, clock })
  const trail: AuditTrail = {
    record: (event) => {
      metrics.countEvent(event.event, event.site ?? '')
      table.record(event)
    },
    close: () => table.close(),
  }
  const cache = await createSessionCache({ store, clock, log })
  const lifecycle = createLifecycle({ store, cache, clock })
  const activity = createActivity({ store, clock, log })
  const minter = createAssertionMinter({ keyring, clock, random })
  const sites = settings.sites.map((site) => joinSite({ settings, keyring, minter, cache }, site))
  const portalSites = new Map(sites.map(({ portal }) => [portal.site.site, portal]))
  const portalSiteOf = (site: GatewaySite): PortalSite => {
    const found = portalSites.get(site.site.site)
    if (found === undefined) throw new Error(`site ${site.site.site} has no pages`)
    return found
  }

  const views = createViews({ sites: sites.map(({ portal }) => portal.site) })
  const refusals = createRefusals({ views, log, trail, clock, count: metrics.countRefusal })
  const refusedAt = (at: Incoming & Partial<Exchange>): RefusedAt => ({
    request: at.request,
    response: at.response,
    upgradeHead: at.upgradeHead,
    reference: at.reference,
    site: at.site === undefined ? undefined : portalSiteOf(at.site),
    address: at.address,
    path: at.target?.path,
  })

  const directory = createSqlDirectory(database)
  const mailer = createMailer({ transport: settings.transport, log, clock, random, timeout: settings.mailTimeout })
  const emailCode = createEmailCodeMethod({
    store,
    clock,
    random,
    mailer,
    write: writeLetter,
    key: purposeKey(keyring, 'email-code'),
    trail,
  })
  const targets = createReturnTargets(() => keyring.deriveAll('return-target'))
  const middlewares = new Map(
    sites.map(({ portal }) => [
      portal,
      createSessionMiddleware({
        store,
        clock,
        random,
        log,
        site: portal.site.site,
        secrets: () => keyring.cookieSecrets(),
        cookieName: cookieName(portal, 'session'),
        secure: portal.secure,
      }),
    ]),
  )
  const portal = createPortal({
    clock,
    pages: createPages(views),
    views,
    refusals,
    browsers: createBrowsers({ random, key: purposeKey(keyring, 'browser') }),
    targets,
    flow: createSignInFlow({
      attempts: createAttempts({ store, clock, random }),
      throttle: createThrottle({ store, key: purposeKey(keyring, 'throttle') }),
      directory,
      password: createPasswordMethod({ directory, verifier: createPasswordHasher() }),
      confirming: { 'email-code': emailCode },
      trail,
    }),
    emailCode,
    lifecycle,
    sessionFor: (site) => middlewares.get(site) ?? ((_request, _response, next) => next('not-found')),
    jwks: () => keyring.publicJwks(clock.now()),
    trail,
    outbox: settings.outbox === null ? null : () => settings.outbox?.list() ?? [],
  })

  const sockets = createOpenSockets()
  const unsubscribe = await store.subscribe(
    channels.sessionEnded,
    (digest) => sockets.end(digest),
    // The end of a session may have been missed: no socket outlives what is known of its session.
    () => sockets.endAll(),
  )
  const gateway = createGateway({
    sites: createSiteTable(sites.map((site) => site.gateway)),
    addresses: createClientAddress(createAddressList(config.listen['trusted-proxies'])),
    targets,
    clock,
    seen: ({ digest, record }) => activity.seen(digest, record, clock.now()),
    portal: (exchange) => portal({ ...exchange, site: portalSiteOf(exchange.site) }),
    refuse: (at, code, detail) => refusals.refuse(refusedAt(at), code, detail),
    dress: ({ request, response, site }) => {
      const { site: policy, secure } = portalSiteOf(site)
      dress(request, response, views.contentSecurityPolicy(policy), secure)
    },
    endSession: async (digest, { exchange }) => {
      const [ended] = await lifecycle.end(digest)
      trail.record({
        event: 'session.ended',
        site: exchange.site.site.site,
        session: digest,
        detail: 'signed out in the application',
        reference: exchange.reference,
        ...(ended === undefined ? {} : { account: ended.record.account, login: ended.record.login }),
        ...(exchange.address === undefined ? {} : { address: exchange.address }),
      })
    },
    farewell: {
      cookies: ({ exchange }) => farewellCookies(portalSiteOf(exchange.site)),
      page: ({ exchange }) => `${exchange.site.prefix}/signed-out`,
    },
    onOpen: ({ session }, socket) => {
      if (session !== null) sockets.add(session, socket)
    },
  })

  let isDraining = false
  const visitors = createVisitorListener({
    tls: settings.tls,
    onRequest: (arrival) => {
      metrics.countRequest()
      gateway.onRequest(arrival)
    },
    onUpgrade: (arrival) => gateway.onUpgrade(arrival),
    nextReference: createReferences(random),
    unreadablePage: refusals.unreadablePage,
  })
  const admin = createAdminListener({
    checks: [
      { name: 'store', ask: () => store.ping() },
      { name: 'accounts', ask: () => database.ping() },
    ],
    isDraining: () => isDraining,
    metrics,
  })
  const adminPort = await listen(admin, config.admin.port, config.admin.address)
  const port = await listen(visitors, config.listen.port, config.listen.address).catch((thrown: unknown) => {
    admin.close()
    throw thrown
  })
  log.info({ port, adminPort, sites: settings.sites.map(({ site }) => site.site) }, 'the gate stands')

  return {
    port,
    adminPort,
    database,
    store,
    trail,
    jwks: () => keyring.publicJwks(clock.now()),
    settle: () => activity.flush(),
    stop: async () => {
      isDraining = true
      const draining = drain(visitors, config.drain)
      sockets.endAll()
      const isClean = await draining
      await Promise.all(sites.map((site) => site.gateway.upstream.pool.close()))
      await mailer.close(2_000)
      await activity.close()
      stopRefreshing()
      await unsubscribe()
      await cache.close()
      await trail.close()
      await Promise.all([store.close(), database.close()])
      await drain(admin, 1_000)
      log.info({ cut: !isClean }, 'the gate is closed')
      return isClean
    },
  }
}
