import type { Redis } from 'ioredis'
import type { Log } from '../lib/log.ts'
import { parseRedisAddress } from './redis-address.ts'
import { ask, connect, disconnect } from './redis-connection.ts'
import { defineScripts } from './redis-scripts.ts'
import { createSubscriber } from './redis-subscriber.ts'
import { checkTimeToLive, type Store } from './store.ts'

export interface RedisStoreOptions {
  /** `redis://`, `rediss://` or `unix://`, see `parseRedisAddress`. */
  readonly url: string
  /** What every key and every channel begins with. */
  readonly prefix: string
  readonly log: Log
}

/**
 * The shared store: Redis 6.2 or later, or Valkey. It starts while the server is away and recovers alone (O-09).
 * @throws {TypeError} on an unreadable address, never because of the server
 */
export const createRedisStore = ({ url, prefix, log }: RedisStoreOptions): Store => {
  const address = parseRedisAddress(url)
  const redis = connect(address, 'commands', log)
  defineScripts(redis)
  const subscriber = createSubscriber(address, log)
  return {
    ...valueOperations(redis, prefix),
    ...setOperations(redis, prefix),
    ...keyOperations(redis, prefix),
    ...budgetOperations(redis, prefix),
    publish: async (channel, message) => {
      await ask('PUBLISH', () => redis.publish(prefix + channel, message))
    },
    subscribe: (channel, onMessage, onGap) => subscriber.subscribe(prefix + channel, onMessage, onGap),
    isSubscriptionLive: subscriber.isSubscriptionLive,
    ping: async () => {
      await ask('PING', () => redis.ping())
    },
    close: async () => {
      await Promise.all([subscriber.close(), disconnect(redis)])
    },
  }
}

const valueOperations = (
  redis: Redis,
  prefix: string,
): Pick<Store, 'get' | 'set' | 'take' | 'replace' | 'increment'> => ({
  get: (key) => ask('GET', () => redis.get(prefix + key)),
  set: async (key, value, ttl, condition) => {
    checkTimeToLive(ttl)
    const at = prefix + key
    const reply = await ask('SET', () => {
      if (condition === 'if-absent') return redis.set(at, value, 'PX', ttl, 'NX')
      if (condition === 'if-present') return redis.set(at, value, 'PX', ttl, 'XX')
      return redis.set(at, value, 'PX', ttl)
    })
    return reply === 'OK'
  },
  take: (key) => ask('GETDEL', () => redis.getdel(prefix + key)),
  replace: async (key, expected, value) =>
    (await ask('replace', () => redis.replaceIfSame(prefix + key, expected, value))) === 1,
  increment: async (key, ttl) => {
    checkTimeToLive(ttl)
    return ask('increment', () => redis.incrementWithin(prefix + key, ttl))
  },
})

const setOperations = (redis: Redis, prefix: string): Pick<Store, 'addMember' | 'removeMember' | 'members'> => ({
  addMember: async (key, member, ttl) => {
    checkTimeToLive(ttl)
    await ask('addMember', () => redis.addMemberFor(prefix + key, member, ttl))
  },
  removeMember: async (key, member) => {
    await ask('SREM', () => redis.srem(prefix + key, member))
  },
  members: (key) => ask('SMEMBERS', () => redis.smembers(prefix + key)),
})

const budgetOperations = (redis: Redis, prefix: string): Pick<Store, 'spend' | 'giveBack' | 'spent'> => ({
  spend: async (key, { free, wait, longest, window, most = 0 }) => {
    const spend = () => redis.spendBudget(prefix + key, free, wait, longest, checkTimeToLive(window), most)
    const [passed, count, left] = await ask('spend', spend)
    return { passed: passed === 1, count, wait: left }
  },
  giveBack: async (key, count) => {
    await ask('giveBack', () => redis.giveBackBudget(prefix + key, count))
  },
  spent: async (key, { most = 0 }) => {
    const [count, wait] = await ask('spent', () => redis.spentOfBudget(prefix + key, most))
    return { count, wait }
  },
})

const keyOperations = (redis: Redis, prefix: string): Pick<Store, 'delete' | 'extend' | 'timeToLive' | 'scan'> => ({
  delete: async (key) => (await ask('DEL', () => redis.del(prefix + key))) === 1,
  extend: async (key, ttl) => {
    checkTimeToLive(ttl)
    return (await ask('extend', () => redis.extendTo(prefix + key, ttl))) === 1
  },
  timeToLive: async (key) => {
    const left = await ask('PTTL', () => redis.pttl(prefix + key))
    // A key without an end is not one that this store wrote; who asks must not take it for a living one.
    return left < 0 ? null : left
  },
  scan: async (start, limit) => {
    const found = new Set<string>()
    const pattern = `${globLiteral(prefix + start)}*`
    let cursor = '0'
    do {
      const [next, batch] = await ask('SCAN', () => redis.scan(cursor, 'MATCH', pattern, 'COUNT', 500))
      for (const key of batch) found.add(key.slice(prefix.length))
      cursor = next
    } while (cursor !== '0' && found.size < limit)
    return [...found].slice(0, limit)
  },
})

/** The text as a pattern that matches only itself: glob characters in what is looked for are letters (S-19). */
const globLiteral = (text: string): string => text.replace(/[*?[\]\\^-]/g, '\\$&')
