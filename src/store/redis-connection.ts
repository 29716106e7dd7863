import { Redis, type RedisOptions } from 'ioredis'
import { Fault } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import type { RedisAddress } from './redis-address.ts'
import { createConnector } from './redis-socket.ts'

/**
 * Limits that make an absent or frozen server an answer within two seconds and never a growing queue:
 * a command waits for the connection attempt under way, not for the next; one that was sent is never sent again, since
 * what counts or takes must not happen twice.
 */
const LIMITS = {
  connectTimeout: 1_000,
  commandTimeout: 1_500,
  /** A connection that owes an answer for so long is given up, with everything that waits on it. */
  socketTimeout: 2_000,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  disableClientInfo: true,
  retryStrategy: (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt - 1, 5), 1_000),
} as const satisfies RedisOptions

/** How long a connection that is given up may take to end. */
const DISCONNECT_PATIENCE = 500

/**
 * A connection that comes and comes back by itself (O-09). Each loss and each return is one line of the log; the attempts
 * between them are not.
 */
export const connect = (address: RedisAddress, role: 'commands' | 'messages', log: Log): Redis => {
  const redis = new Redis({ ...address, ...LIMITS, Connector: createConnector(address, DISCONNECT_PATIENCE) })
  let isTold = false
  const tell = (error?: Error): void => {
    if (isTold) return
    isTold = true
    log.error({ role, reason: error === undefined ? 'closed' : reasonOf(error) }, 'store connection lost')
  }
  redis.on('ready', () => {
    isTold = false
    log.info({ role }, 'store connected')
  })
  redis.on('error', tell)
  redis.on('reconnecting', () => tell())
  return redis
}

/** Ends a connection without waiting longer than the limits for a server that does not answer. */
export const disconnect = async (redis: Redis): Promise<void> => {
  if (redis.status === 'ready') await redis.quit().catch(() => undefined)
  redis.disconnect()
}

/** For the log. A refusal by the server quotes commands, and with them keys and values: only its first word is told. */
const reasonOf = (error: Error): string => {
  if (error.name === 'ReplyError') return /^[A-Z]{2,20}\b/.exec(error.message)?.[0] ?? 'refused'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

/**
 * Every failure of the driver or the server becomes the one fault that callers know. Its code is never the system's:
 * express-session would take `ENOENT` for an absent session.
 */
export const ask = async <Value>(command: string, work: () => Promise<Value>): Promise<Value> => {
  try {
    return await work()
  } catch (thrown) {
    const reason = thrown instanceof Error ? reasonOf(thrown) : 'unknown'
    // The driver hangs the command with its arguments on the error; those are keys and records and stay out of the log.
    if (thrown instanceof Error && 'command' in thrown) delete thrown.command
    throw new Fault('store-unavailable', `${command}: ${reason}`, { cause: thrown })
  }
}
