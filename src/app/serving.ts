import { CLOSE } from '../gateway/websocket-end.ts'
import { normalizeAddress } from '../lib/address.ts'
import { createReferences } from '../lib/reference.ts'
import type { Cut, DrainOptions } from '../server/draining.ts'
import { askAll, type Parts } from '../server/health.ts'
import type { Entrance } from '../server/listen.ts'
import { createVisitorListener } from '../server/visitor-listener.ts'
import { openFoundations, type Foundations } from './foundations.ts'
import { createCardServing } from './card-serving.ts'
import { join, type Joined } from './join.ts'
import { joinCards } from './join-cards.ts'
import type { HeldList } from '../methods/cps/lists/list.ts'
import type { AppSettings } from './settings.ts'

/** Where a process listens. */
export interface Entrances {
  readonly visitors: Entrance
  /** Null where no cards are shown. */
  readonly cards: Entrance | null
}

/** One process that serves visitors. */
export interface Serving {
  readonly foundations: Foundations
  readonly port: number
  /** Null where no cards are shown, or by a socket alone. */
  readonly cardPort: number | null
  /** What must work for this process to serve. */
  health(): Promise<Parts>
  /**
   * Makes everything that new settings change, beside what is in force; nothing changes before the returned function is
   * called. Sessions, WebSockets and requests in flight go on.
   * @throws when something of it is broken: the old settings stay in force (O-07)
   */
  prepare(settings: AppSettings): Promise<() => void>
  /** Visitors are led to other nodes while this one still serves. */
  retire(): void
  /** Lets requests in flight end and closes everything. */
  end(options: DrainOptions): Promise<Cut>
}

const AT_ONCE: DrainOptions = { limit: 0, overlap: false }

/** Former parts are closed when no request that came to them can be on its way any more, milliseconds. */
const RETIREMENT = 60_000

/** The parts in force, and those before them that some requests are still with. */
const createSuccession = (first: Joined) => {
  let current = first
  const former = new Map<Joined, NodeJS.Timeout>()
  return {
    current: () => current,
    follow: (next: Joined): void => {
      const before = current
      current = next
      const closing = setTimeout(() => {
        former.delete(before)
        void before.close()
      }, RETIREMENT)
      former.set(before, closing.unref())
    },
    close: async (): Promise<void> => {
      for (const timer of former.values()) clearTimeout(timer)
      await Promise.all([current, ...former.keys()].map((joined) => joined.close()))
    },
  }
}

/**
 * Makes every part, joins them, and listens.
 * @throws when something wrong must stop the start
 */
export const startServing = async (
  settings: AppSettings,
  entrances: Entrances,
  cardLists: readonly HeldList[] = [],
): Promise<Serving> => {
  const foundations = await openFoundations(settings)
  // Before anybody can come: without its list every card is refused.
  foundations.cardLists.take(cardLists)
  const { metrics, openEnds, store, database, keyring } = foundations
  const nextReference = createReferences(settings.random)
  const parts = createSuccession(join(foundations, settings, await joinCards(foundations, settings)))
  metrics.watchUpstreams(() => parts.current().loads())
  const visitors = createVisitorListener({
    tls: settings.tls,
    limits: settings.limits,
    onRequest: (arrival) => {
      metrics.countRequest()
      parts.current().gateway.onRequest(arrival)
    },
    onUpgrade: (arrival) => parts.current().gateway.onUpgrade(arrival),
    onUnreadable: (arrival, code, detail) => {
      const address = normalizeAddress(arrival.request.socket.remoteAddress ?? '')
      parts.current().refusals.refuse({ ...arrival, address }, code, detail)
    },
    nextReference,
    webSockets: {
      endAll: () => openEnds.sockets.endAll(CLOSE.goingAway),
      count: () => openEnds.sockets.size,
    },
  })
  const cards = createCardServing(settings, () => parts.current(), nextReference, foundations.trail)
  const close = async (): Promise<void> => {
    await parts.close()
    await foundations.close()
  }
  const listenToAll = async (): Promise<{ port: number; cardPort: number | null }> => {
    const cardPort = entrances.cards === null ? null : ((await cards?.listen(entrances.cards)) ?? null)
    return { cardPort, port: await visitors.listen(entrances.visitors) }
  }
  const { port, cardPort } = await listenToAll().catch(async (thrown: unknown) => {
    await cards?.drain(AT_ONCE)
    await close()
    throw thrown
  })
  return {
    foundations,
    port,
    cardPort,
    health: () =>
      askAll([
        { name: 'store', ask: () => store.ping() },
        { name: 'accounts', ask: () => database.ping() },
      ]),
    prepare: async (next) => {
      await keyring.reload()
      const useTls = visitors.prepareTls(next.tls)
      const useCards = cards?.prepare(next)
      const joined = join(foundations, next, await joinCards(foundations, next))
      return () => {
        useTls()
        useCards?.()
        parts.follow(joined)
      }
    },
    retire: () => {
      visitors.retire()
      cards?.retire()
    },
    end: async (options) => {
      const [cut] = await Promise.all([visitors.drain(options), cards?.drain({ ...options, overlap: false })])
      await close()
      return cut
    },
  }
}
