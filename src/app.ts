import type { Foundations } from './app/foundations.ts'
import { prepare } from './app/prepare.ts'
import { startServing } from './app/serving.ts'
import type { AppSettings } from './app/settings.ts'
import type { CardListener } from './config/card-listener-schema.ts'
import type { Keyring } from './identity/keyring.ts'
import { createCardLists } from './methods/cps/lists/keep-lists.ts'
import { createAdminListener } from './server/admin-listener.ts'
import { cardListHealth, isSound } from './server/health.ts'
import { listen, type Entrance } from './server/listen.ts'
import { cardListFigures, FIGURES_TYPE, figuresText } from './server/metrics.ts'

export type { AppSettings } from './app/settings.ts'

export interface App extends Pick<Foundations, 'database' | 'store' | 'trail' | 'lifecycle'> {
  /** Ports on which visitors and monitoring are served. */
  readonly port: number
  readonly adminPort: number
  /** Where cards are shown; null where none are. */
  readonly cardPort: number | null
  /** The public keys of assertions, as jwks.json shows them. */
  jwks(): ReturnType<Keyring['publicJwks']>
  /** Asks for the lists of revoked cards now. */
  refreshCardLists(): Promise<void>
  /** Writes the activity of people down that is only noted so far. */
  settle(): Promise<void>
  /** Stops taking visitors, lets requests in flight end, then closes everything. True when nothing had to be cut off. */
  stop(): Promise<boolean>
}

const cardEntrance = ({ address, port, socket }: CardListener): Entrance =>
  socket === undefined ? { address, port, shared: false } : { socket }

/**
 * The whole gate in one process: for the demonstration and for tests. `portillon serve` starts the same parts in workers.
 * @throws when something wrong must stop the start
 */
export const startApp = async (settings: AppSettings): Promise<App> => {
  const { config, clock, log } = settings
  await prepare(settings)
  const { address, port, cards } = config.listen
  const serving = await startServing(settings, {
    visitors: { address, port, shared: false },
    cards: cards === undefined ? null : cardEntrance(cards),
  })
  const { database, store, trail, lifecycle, keyring, activity, metrics } = serving.foundations

  const cardLists = createCardLists({ settings: config.cards, clock, log })
  cardLists.watch((lists) => serving.foundations.cardLists.take(lists))
  await cardLists.start()
  let isDraining = false
  const admin = createAdminListener({
    health: async () => {
      const parts = await serving.health()
      const ready = !isDraining && isSound(parts) && cardLists.isReady()
      return { ready, draining: isDraining, parts, ...cardListHealth(cardLists.states()) }
    },
    figures: async () => figuresText([await metrics.figures(), await cardListFigures(cardLists.states())]),
    figuresType: FIGURES_TYPE,
  })
  const stop = async (): Promise<boolean> => {
    isDraining = true
    cardLists.close()
    const cut = await serving.end({ limit: config.drain, overlap: false })
    admin.close()
    admin.closeAllConnections()
    log.info({ cut }, 'the gate is closed')
    return cut.requests + cut.webSockets === 0
  }
  const adminPort = await listen(admin, config.admin.port, config.admin.address).catch(async (thrown: unknown) => {
    await stop()
    throw thrown
  })
  log.info({ port: serving.port, adminPort, sites: settings.sites.map(({ site }) => site.site) }, 'the gate stands')
  return {
    database,
    store,
    trail,
    lifecycle,
    port: serving.port,
    adminPort,
    cardPort: serving.cardPort,
    jwks: () => keyring.publicJwks(clock.now()),
    refreshCardLists: () => cardLists.refresh(),
    settle: () => activity.flush(),
    stop,
  }
}
