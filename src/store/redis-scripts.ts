import type { ClientContext, Redis, Result } from 'ioredis'

/** Operations that need more than one step on their key. Redis runs a script alone, so each is atomic. */
const SCRIPTS = {
  /** A count without an end (an interrupted copy, a restored dump) gets one: it would lock somebody out for ever. */
  incrementWithin: `local count = redis.call('INCR', KEYS[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count`,
  replaceIfSame: `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1`,
  /** PEXPIRE's own GT would do, but only from Redis 7 on. */
  extendTo: `local left = redis.call('PTTL', KEYS[1])
if left == -2 then return 0 end
if left < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1`,
  addMemberFor: `redis.call('SADD', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`,
} as const

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext = { type: 'default' }> {
    incrementWithin(key: string, ttl: number): Result<number, Context>
    replaceIfSame(key: string, expected: string, value: string): Result<number, Context>
    extendTo(key: string, ttl: number): Result<number, Context>
    addMemberFor(key: string, member: string, ttl: number): Result<number, Context>
  }
}

/** Gives the connection the commands above. */
export const defineScripts = (redis: Redis): void => {
  for (const [name, lua] of Object.entries(SCRIPTS)) redis.defineCommand(name, { numberOfKeys: 1, lua })
}
