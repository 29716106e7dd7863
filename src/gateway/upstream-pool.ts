import { Pool } from 'undici'
import type { Site } from '../policy/schema.ts'
import type { UpstreamTarget } from './site.ts'

/**
 * Keep-alive connections to one application. One request at a time on each: an old server's answers are never mixed up.
 * @param ca certificate authorities (PEM) that may sign the application, instead of those of the system
 */
export const createUpstream = (settings: Site['upstream'], ca: string | undefined): UpstreamTarget => {
  const { origin, host } = new URL(settings.url)
  const pool = new Pool(origin, {
    connections: settings.connections,
    pipelining: 1,
    // Of an answer over HTTP/2 undici hands no raw fields over, and several requests would share one connection.
    allowH2: false,
    keepAliveTimeout: 4_000,
    headersTimeout: settings['first-byte'],
    bodyTimeout: settings.idle,
    connect: { timeout: settings.connect, ...(ca === undefined ? {} : { ca }) },
    maxHeaderSize: 65_536,
  })
  return {
    origin,
    pool,
    hostFor: settings.host === 'public' ? (requested) => requested : () => host,
    firstByte: settings['first-byte'],
    idle: settings.idle,
    ca,
  }
}
