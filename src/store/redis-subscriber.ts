import type { Log } from '../lib/log.ts'
import type { RedisAddress } from './redis-address.ts'
import { connect } from './redis-connection.ts'
import type { Store } from './store.ts'

/** A connection that only listens shows no sign when a firewall has forgotten it; a question now and then does. */
const HEARTBEAT = 5_000

interface Subscription {
  readonly onMessage: (message: string) => void
  readonly onGap: (() => void) | undefined
}

type Subscriber = Pick<Store, 'subscribe' | 'isSubscriptionLive' | 'close'>

/**
 * The connection for messages. It is live only while the server has confirmed every channel on the connection that stands
 * now; from the moment it is lost until it is confirmed again, caches must read through (S-05).
 * @param address channel names are given with the instance's prefix
 */
export const createSubscriber = (address: RedisAddress, log: Log): Subscriber => {
  const redis = connect(address, 'messages', log)
  const channels = new Map<string, Set<Subscription>>()
  const confirmed = new Set<string>()
  let isLive = false
  let connection = 0

  const assess = (): void => {
    isLive = channels.size > 0 && [...channels.keys()].every((channel) => confirmed.has(channel))
  }

  const ensure = async (channel: string): Promise<void> => {
    if (confirmed.has(channel)) return
    const asked = connection
    try {
      await redis.subscribe(channel)
    } catch {
      return // Away or refused: the next connection or heartbeat asks again, and nothing is live until then.
    }
    if (asked === connection && channels.has(channel)) confirmed.add(channel)
    assess()
  }

  const ensureAll = (): void => {
    for (const channel of channels.keys()) void ensure(channel)
  }

  const onLost = (): void => {
    connection += 1
    isLive = false
    confirmed.clear()
    for (const subscriptions of channels.values()) for (const { onGap } of subscriptions) onGap?.()
  }

  redis.on('ready', ensureAll)
  redis.on('close', onLost)
  redis.on('message', (channel: string, message: string) => {
    for (const subscription of channels.get(channel) ?? []) {
      try {
        subscription.onMessage(message)
      } catch (thrown) {
        log.error({ err: thrown, channel }, 'a listener failed')
      }
    }
  })

  // An unanswered question breaks the connection by `socketTimeout`, which is what makes the loss known.
  const heartbeat = setInterval(() => {
    if (redis.status !== 'ready') return
    if (isLive) redis.ping().catch(() => undefined)
    else ensureAll()
  }, HEARTBEAT).unref()

  return {
    subscribe: async (channel, onMessage, onGap) => {
      const subscription: Subscription = { onMessage, onGap }
      const subscriptions = channels.get(channel) ?? new Set()
      channels.set(channel, subscriptions.add(subscription))
      assess()
      await ensure(channel)
      return async () => {
        subscriptions.delete(subscription)
        if (subscriptions.size > 0 || channels.get(channel) !== subscriptions) return
        channels.delete(channel)
        confirmed.delete(channel)
        assess()
        if (redis.status === 'ready') await redis.unsubscribe(channel).catch(() => undefined)
      }
    },
    isSubscriptionLive: () => isLive,
    close: () => {
      clearInterval(heartbeat)
      isLive = false
      channels.clear()
      redis.disconnect()
      return Promise.resolve()
    },
  }
}
