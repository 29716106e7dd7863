import type { ClientContext, Redis, Result } from 'ioredis'

/** What every script on a budget begins with: the server's clock is the one of all nodes. */
const READ_BUDGET = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local count, till = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
count, till = tonumber(count or 0), tonumber(till or 0)
local left = math.max(0, till - now)
`

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
  /** ARGV: free, wait, longest, window, most (0: no end). Written like `waitAfter`, which the memory store uses. */
  spendBudget: `${READ_BUDGET}
if tonumber(ARGV[5]) > 0 and count >= tonumber(ARGV[5]) then
  return {0, count, math.max(left, redis.call('PTTL', KEYS[1]))}
end
if left > 0 then return {0, count, left} end
count = count + 1
local wait = 0
local beyond = count - tonumber(ARGV[1])
if beyond > 0 then wait = math.min(tonumber(ARGV[3]), ARGV[2] * 2 ^ math.min(20, beyond - 1)) end
redis.call('SET', KEYS[1], string.format('%.0f %.0f', count, now + wait), 'PX', math.max(tonumber(ARGV[4]), wait))
return {1, count, wait}`,
  giveBackBudget: `${READ_BUDGET}
if count == 0 then return 0 end
if count == tonumber(ARGV[1]) then till = 0 end
redis.call('SET', KEYS[1], string.format('%.0f %.0f', count - 1, till), 'KEEPTTL')
return 1`,
  spentOfBudget: `${READ_BUDGET}
if tonumber(ARGV[1]) > 0 and count >= tonumber(ARGV[1]) then left = math.max(left, redis.call('PTTL', KEYS[1])) end
return {count, left}`,
} as const

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext = { type: 'default' }> {
    incrementWithin(key: string, ttl: number): Result<number, Context>
    replaceIfSame(key: string, expected: string, value: string): Result<number, Context>
    extendTo(key: string, ttl: number): Result<number, Context>
    addMemberFor(key: string, member: string, ttl: number): Result<number, Context>
    spendBudget(
      key: string,
      ...budget: readonly [free: number, wait: number, longest: number, window: number, most: number]
    ): Result<[number, number, number], Context>
    giveBackBudget(key: string, count: number): Result<number, Context>
    spentOfBudget(key: string, most: number): Result<[number, number], Context>
  }
}

/** Gives the connection the commands above. */
export const defineScripts = (redis: Redis): void => {
  for (const [name, lua] of Object.entries(SCRIPTS)) redis.defineCommand(name, { numberOfKeys: 1, lua })
}
