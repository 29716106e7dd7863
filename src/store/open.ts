import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { createMemoryStore } from './memory.ts'
import { createRedisStore } from './redis.ts'
import type { Store } from './store.ts'

/**
 * The store that the instance file asks for. It does not wait for a server: that one is away is told by every operation,
 * and by `ping` for readiness (O-09).
 * @throws {Error} when the configuration names no address: `load` checks that first
 */
export const openStore = (config: Config['store'], { clock, log }: { clock: Clock; log: Log }): Store => {
  if (config === 'embedded') return createMemoryStore({ clock })
  if (config.redis === undefined) throw new Error('store.redis is not set')
  return createRedisStore({ url: config.redis, prefix: config.prefix, log })
}
