import { RedisStore } from 'connect-redis'
import type { SessionData } from 'express-session'
import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import { channels, keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'
import { sessionDigest } from './digest.ts'
import { timeLeft } from './lifetime.ts'
import { readStoredSession } from './stored-session.ts'

export interface StoreAdapterOptions {
  readonly store: Store
  /** Id of the site: a session opened on another one is none here. */
  readonly site: string
  readonly clock: Clock
  readonly log: Log
}

/** What connect-redis asks of a node-redis client; it recognises one by `scanIterator`. */
interface NodeRedisShape {
  get(id: string): Promise<string | null>
  set(id: string, value: string, options: { EX: number }): Promise<'OK'>
  del(ids: string[]): Promise<number>
  expire(id: string, seconds: number): Promise<boolean>
  mGet(ids: string[]): Promise<never>
  scanIterator(options: object): never
}

/** Sessions are listed by `lifecycle`, by account or by digest; ids cannot be: nobody but the browser knows them. */
const refuseListing = (): never => {
  throw new Fault('fault', 'express-session cannot list sessions')
}

/**
 * Our store as a node-redis client. Two rules of ours lie here: keys are digests, never ids (S-21), and a session is only
 * ever written over itself, so that a save which comes after a sign-out writes nothing (R13); creating is for `lifecycle`.
 */
const createClient = ({ store, site, clock, log }: StoreAdapterOptions): NodeRedisShape => ({
  get: async (id) => {
    const digest = sessionDigest(id)
    const text = await store.get(keys.session(digest))
    if (text === null) return null
    const read = readStoredSession(text)
    if (!read.ok) log.warn({ session: digest, reason: read.reason }, 'unreadable session')
    return read.ok && read.value.site === site && read.value.endsAt > clock.now() ? text : null
  },
  set: async (id, value, { EX }) => {
    await store.set(keys.session(sessionDigest(id)), value, Math.max(1, Math.floor(EX * 1_000)), 'if-present')
    return 'OK'
  },
  del: async (ids) => {
    const ended = await Promise.all(
      ids.map(async (id) => {
        const digest = sessionDigest(id)
        if (!(await store.delete(keys.session(digest)))) return false
        await store.publish(channels.sessionEnded, digest)
        return true
      }),
    )
    return ended.filter(Boolean).length
  },
  expire: (id, seconds) => {
    const key = keys.session(sessionDigest(id))
    const left = Math.floor(seconds * 1_000)
    return left > 0 ? store.extend(key, left) : store.delete(key)
  },
  mGet: () => Promise.resolve().then(refuseListing),
  scanIterator: refuseListing,
})

/** The store of an express-session: connect-redis over our own contract, so that memory and Redis behave alike. */
export const createExpressStore = (options: StoreAdapterOptions): RedisStore => {
  const secondsLeft = ({ person }: SessionData): number => {
    const now = options.clock.now()
    // Without a person there is nothing to keep: zero makes connect-redis delete instead of write.
    return person === undefined ? 0 : timeLeft(person, now, now) / 1_000
  }
  return new RedisStore({ client: createClient(options), prefix: '', ttl: secondsLeft })
}
