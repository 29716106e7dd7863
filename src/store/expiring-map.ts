import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/errors.ts'

interface Entry<Value> {
  value: Value
  expiresAt: number
}

/** Entries looked at for each new one: two would keep up with any rate, four also catch up. */
const SWEPT_PER_INSERT = 4
/** How often a full map may be walked from end to end in search of room. */
const FULL_SWEEP_EVERY = 1_000

export interface ExpiringMap<Value> {
  get(key: string): Entry<Value> | undefined
  /** @throws {Fault} `store-unavailable` for a new key when the map is full */
  set(key: string, value: Value, ttl: number): void
  delete(key: string): boolean
  keys(): IterableIterator<string>
  clear(): void
}

/**
 * A map whose entries end. No timer: what is over is never given out, and each insertion clears away some of it. It is
 * bounded by refusing new keys, not by dropping old ones: a flood of throw-away entries must not sign anybody out (S-16).
 */
export const createExpiringMap = <Value>({ clock, maxKeys }: { clock: Clock; maxKeys: number }): ExpiringMap<Value> => {
  const entries = new Map<string, Entry<Value>>()
  let cursor = entries.entries()
  let sweptAt = Number.NEGATIVE_INFINITY

  const sweepSome = (now: number): void => {
    for (let looked = 0; looked < SWEPT_PER_INSERT; looked += 1) {
      const step = cursor.next()
      if (step.done === true) {
        cursor = entries.entries()
        return
      }
      if (step.value[1].expiresAt <= now) entries.delete(step.value[0])
    }
  }

  const makeRoom = (now: number): void => {
    sweepSome(now)
    if (entries.size < maxKeys) return
    if (Math.abs(now - sweptAt) >= FULL_SWEEP_EVERY) {
      sweptAt = now
      for (const [key, entry] of entries) if (entry.expiresAt <= now) entries.delete(key)
    }
    if (entries.size >= maxKeys) throw new Fault('store-unavailable', `the embedded store is full: ${maxKeys} keys`)
  }

  const get = (key: string): Entry<Value> | undefined => {
    const entry = entries.get(key)
    if (entry === undefined || entry.expiresAt > clock.now()) return entry
    entries.delete(key)
    return undefined
  }

  return {
    get,
    set: (key, value, ttl) => {
      const now = clock.now()
      if (!entries.has(key)) makeRoom(now)
      entries.set(key, { value, expiresAt: now + ttl })
    },
    delete: (key) => get(key) !== undefined && entries.delete(key),
    keys: () => entries.keys(),
    clear: () => {
      entries.clear()
    },
  }
}
