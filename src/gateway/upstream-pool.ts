import { Pool } from 'undici'
import type { Site } from '../policy/schema.ts'
import { createPlaces } from './places.ts'
import type { UpstreamTarget } from './site.ts'
import { createConnector } from './upstream-connector.ts'
import { UpstreamQueue } from './upstream-queue.ts'

/**
 * How long an idle connection is kept, milliseconds, to an application that does not say for how long it keeps one itself:
 * shorter than the shortest usual limit (5 s: Apache httpd, Node). One that says so (`Keep-Alive: timeout=`, as Tomcat does)
 * is believed, less two seconds for the way, up to the longest: what firewalls between the two have forgotten by then is
 * no connection.
 */
const KEPT = { untold: 4_000, longest: 60_000, margin: 2_000 }

/** After this time a connection is exchanged for a new one, whose address is looked up anew (U-11), milliseconds. */
const LOOKED_UP = 120_000

/**
 * Connections to one application. One request at a time on each: an old server's answers are never mixed up.
 * @param ca certificate authorities (PEM) that may sign the application, instead of those of the system
 */
export const createUpstream = (settings: Site['upstream'], ca: string | undefined): UpstreamTarget => {
  const { origin, host } = new URL(settings.url)
  const { connections: most, queue: waiting, 'queue-time': patience } = settings
  const { connect, isStale } = createConnector(settings.connect, ca)
  const queue = new UpstreamQueue({ most, waiting, patience })
  const common: Pool.Options = {
    connections: most,
    // Of an answer over HTTP/2 undici hands no raw fields over, and several requests would share one connection.
    allowH2: false,
    headersTimeout: settings['first-byte'],
    bodyTimeout: settings.idle,
    connect,
    maxHeaderSize: 65_536,
  }
  const pool = new Pool(origin, {
    ...common,
    pipelining: 1,
    keepAliveTimeout: KEPT.untold,
    keepAliveMaxTimeout: KEPT.longest,
    keepAliveTimeoutThreshold: KEPT.margin,
    clientTtl: LOOKED_UP,
  })
  const fresh = new Pool(origin, { ...common, pipelining: 0 })
  return {
    origin,
    pool,
    fresh,
    isStale,
    queue,
    webSockets: createPlaces(settings['web-sockets']),
    hostFor: settings.host === 'public' ? (requested) => requested : () => host,
    firstByte: settings['first-byte'],
    idle: settings.idle,
    ca,
    close: async () => {
      await queue.emptied()
      await Promise.all([pool.close(), fresh.close()])
    },
  }
}
