import { Redis } from 'ioredis'

/** What a client says when it connects, and our own question. */
const NO_WORK = new Set(['info', 'hello', 'client', 'auth', 'select', 'command'])

/** Commands that a Redis server has been given so far, by `INFO commandstats`, without those that do no work. */
export const countCommands = async (url: string): Promise<number> => {
  const redis = new Redis(url)
  try {
    const stats = await redis.info('commandstats')
    return [...stats.matchAll(/^cmdstat_([^|:]+)[^:]*:calls=(\d+)/gm)]
      .filter(([, name = '']) => !NO_WORK.has(name))
      .reduce((sum, [, , calls]) => sum + Number(calls), 0)
  } finally {
    redis.disconnect()
  }
}
