import { resolve } from 'node:path'
import { startProcess } from '../../kit/processes.ts'
import { startRedis } from '../../kit/redis.ts'
import { countCommands } from '../redis-commands.ts'
import type { Upstream } from '../upstream.ts'
import type { Peer, StartPeer } from './peer.ts'

/** The name by which targets speak of it. */
export const OBVIOUS_WIRING = 'obvious wiring'

/** One process of programs/obvious-wiring.ts with a real Redis, whose own CPU time is not counted. */
const start = async (upstream: Upstream, keep: boolean): Promise<Peer> => {
  const redis = await startRedis()
  const server = startProcess(process.execPath, [resolve(import.meta.dirname, '../programs/obvious-wiring.ts')], {
    env: { UPSTREAM: upstream.url, REDIS: redis.url, KEEP: keep ? 'yes' : 'no', NODE_ENV: 'production' },
  })
  const [, port] = await server.waitFor(/listening on (\d+)/)
  const url = `http://127.0.0.1:${port}`
  const [cookie] = (await fetch(`${url}/sign-in`, { method: 'POST' })).headers.getSetCookie()
  if (cookie === undefined) throw new Error('the obvious wiring gave no session')
  return {
    name: keep ? 'obvious, kept' : OBVIOUS_WIRING,
    description: `express + helmet + express-session + connect-redis + a fresh ES256 token per request + http-proxy${keep ? ' with kept connections' : ''}`,
    url,
    pids: [server.pid],
    headers: [`Cookie: ${cookie.split(';', 1)[0]}`],
    authenticates: true,
    asserts: true,
    carriesWebSockets: false,
    storeCommands: () => countCommands(redis.url),
    stop: async () => {
      await server.stop()
      await redis.stop()
    },
  }
}

export const startObviousWiring: StartPeer = (upstream) => start(upstream, false)

/** The same after its first tuning: an agent that keeps the connections to the application. */
export const startTunedObviousWiring: StartPeer = (upstream) => start(upstream, true)
