import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/errors.ts'
import { readBudget, waitAfter } from './budget.ts'
import { createExpiringMap } from './expiring-map.ts'
import { checkTimeToLive, type Store } from './store.ts'

/** Some 100 MB at the size of a session record; a gate that holds more sessions needs Redis for other reasons too. */
export const MAX_KEYS = 100_000

/**
 * The store of one single process, for the demonstration and for small instances that ask for it by name (`embedded`).
 * Every operation is done in one turn of the event loop, so each is atomic; a restart forgets everything.
 * @param options.maxKeys keys at most; beyond it a write of a new key throws `Fault('store-unavailable')`
 */
export const createMemoryStore = ({ clock, maxKeys = MAX_KEYS }: { clock: Clock; maxKeys?: number }): Store => {
  const values = createExpiringMap<string>({ clock, maxKeys })
  const sets = createExpiringMap<Set<string>>({ clock, maxKeys })
  return {
    ...valueOperations(values),
    ...setOperations(sets, clock),
    ...budgetOperations(values, clock),
    ...createChannels(),
    delete: (key) => settle(() => values.delete(key) || sets.delete(key)),
    extend: (key, ttl) =>
      settle(() => {
        const entry = values.get(key) ?? sets.get(key)
        if (entry === undefined) return false
        entry.expiresAt = Math.max(entry.expiresAt, clock.now() + checkTimeToLive(ttl))
        return true
      }),
    timeToLive: (key) =>
      settle(() => {
        const entry = values.get(key) ?? sets.get(key)
        return entry === undefined ? null : entry.expiresAt - clock.now()
      }),
    scan: (start, limit) =>
      settle(() => {
        const found: string[] = []
        for (const map of [values, sets]) {
          for (const key of map.keys()) {
            if (found.length >= limit) return found
            if (key.startsWith(start) && map.get(key) !== undefined) found.push(key)
          }
        }
        return found
      }),
    ping: () => Promise.resolve(),
    close: () =>
      settle(() => {
        values.clear()
        sets.clear()
      }),
  }
}

/** What is thrown must reach the caller as it does with a real server: as a rejection. */
const settle = <Value>(work: () => Value): Promise<Value> =>
  new Promise((resolve) => {
    resolve(work())
  })

type Values = ReturnType<typeof createExpiringMap<string>>
type Sets = ReturnType<typeof createExpiringMap<Set<string>>>

const valueOperations = (values: Values): Pick<Store, 'get' | 'set' | 'take' | 'replace' | 'increment'> => ({
  get: (key) => settle(() => values.get(key)?.value ?? null),
  set: (key, value, ttl, condition) =>
    settle(() => {
      checkTimeToLive(ttl)
      if (condition !== undefined && (values.get(key) === undefined) !== (condition === 'if-absent')) return false
      values.set(key, value, ttl)
      return true
    }),
  take: (key) =>
    settle(() => {
      const value = values.get(key)?.value ?? null
      values.delete(key)
      return value
    }),
  replace: (key, expected, value) =>
    settle(() => {
      const entry = values.get(key)
      if (entry?.value !== expected) return false
      entry.value = value
      return true
    }),
  increment: (key, ttl) =>
    settle(() => {
      checkTimeToLive(ttl)
      const entry = values.get(key)
      if (entry === undefined) {
        values.set(key, '1', ttl)
        return 1
      }
      const count = Number(entry.value) + 1
      if (!Number.isSafeInteger(count)) throw new Fault('store-unavailable', 'INCR: the value is not a count')
      entry.value = String(count)
      return count
    }),
})

const budgetOperations = (values: Values, clock: Clock): Pick<Store, 'spend' | 'giveBack' | 'spent'> => {
  const standing = (key: string, most: number) => {
    const entry = values.get(key)
    const { count, until } = readBudget(entry?.value)
    const now = clock.now()
    const closed = entry !== undefined && most > 0 && count >= most ? entry.expiresAt - now : 0
    return { entry, count, until, wait: Math.max(0, until - now, closed) }
  }
  return {
    spend: (key, budget) =>
      settle(() => {
        const { count, wait } = standing(key, budget.most ?? 0)
        if (wait > 0) return { passed: false, count, wait }
        const next = waitAfter(budget, count + 1)
        values.set(key, `${count + 1} ${clock.now() + next}`, Math.max(checkTimeToLive(budget.window), next))
        return { passed: true, count: count + 1, wait: next }
      }),
    giveBack: (key, given) =>
      settle(() => {
        const { entry, count, until } = standing(key, 0)
        if (entry !== undefined && count > 0) entry.value = `${count - 1} ${count === given ? 0 : until}`
      }),
    spent: (key, { most = 0 }) =>
      settle(() => {
        const { count, wait } = standing(key, most)
        return { count, wait }
      }),
  }
}

const setOperations = (sets: Sets, clock: Clock): Pick<Store, 'addMember' | 'removeMember' | 'members'> => ({
  addMember: (key, member, ttl) =>
    settle(() => {
      checkTimeToLive(ttl)
      const entry = sets.get(key)
      if (entry === undefined) {
        sets.set(key, new Set([member]), ttl)
        return
      }
      entry.value.add(member)
      entry.expiresAt = Math.max(entry.expiresAt, clock.now() + ttl)
    }),
  removeMember: (key, member) =>
    settle(() => {
      const members = sets.get(key)?.value
      members?.delete(member)
      if (members?.size === 0) sets.delete(key)
    }),
  members: (key) => settle(() => [...(sets.get(key)?.value ?? [])]),
})

const createChannels = (): Pick<Store, 'publish' | 'subscribe' | 'isSubscriptionLive'> => {
  const listeners = new Map<string, Set<(message: string) => void>>()
  return {
    publish: (channel, message) =>
      settle(() => {
        for (const listener of listeners.get(channel) ?? []) listener(message)
      }),
    subscribe: (channel, onMessage) =>
      settle(() => {
        const listening = listeners.get(channel) ?? new Set()
        listeners.set(channel, listening)
        // A wrapper of its own: the same function subscribed twice is two subscriptions, as with a server.
        const listener = (message: string): void => onMessage(message)
        listening.add(listener)
        return () => settle(() => void listening.delete(listener))
      }),
    isSubscriptionLive: () => true,
  }
}
