import type { Budget, Spending, Spent } from './budget.ts'

/**
 * Everything that expires and that several processes share. Two implementations, Redis and memory, pass one contract suite
 * (test/contract/store). Every operation but `scan` touches one key, so that Redis Cluster serves as well as a single server.
 * An unreachable store throws `Fault('store-unavailable')` within two seconds; it never looks like an absent key.
 * Times to live are whole milliseconds above zero (RangeError otherwise).
 */
export interface Store {
  get(key: string): Promise<string | null>
  /** Writes and answers true; with a condition that does not hold, writes nothing and answers false. */
  set(key: string, value: string, ttl: number, condition?: 'if-absent' | 'if-present'): Promise<boolean>
  /**
   * Reads and deletes in one atomic step: among any number of callers on all nodes, one gets the value (T-02). Whatever
   * works once (codes, tickets, links) is used by this. After a fault it is not known whether it was taken: it counts as used.
   */
  take(key: string): Promise<string | null>
  /** Replaces the value only if it still is `expected`; keeps the time to live. */
  replace(key: string, expected: string, value: string): Promise<boolean>
  delete(key: string): Promise<boolean>
  /** Lets the key live for at least `ttl` more, never less than it had (R13); false when it is gone, which it stays. */
  extend(key: string, ttl: number): Promise<boolean>
  /** Milliseconds left, or null when there is no such key. */
  timeToLive(key: string): Promise<number | null>
  /** Adds one, atomically, and answers the new count; the time to live starts with the first and is not renewed. */
  increment(key: string, ttl: number): Promise<number>
  /**
   * One try against a budget, judged and counted in one atomic step: among any number at once on all nodes as many pass as
   * the budget has free, and then one per wait. A try that does not pass is not counted.
   */
  spend(key: string, budget: Budget): Promise<Spending>
  /** Takes back the try that was counted as `count`; the wait that it has begun ends, unless others were counted since. */
  giveBack(key: string, count: number): Promise<void>
  /** What was spent so far; changes nothing. */
  spent(key: string, budget: Budget): Promise<Spent>
  /** Adds to a set whose whole life is extended to at least `ttl`. */
  addMember(key: string, member: string, ttl: number): Promise<void>
  removeMember(key: string, member: string): Promise<void>
  members(key: string): Promise<string[]>
  /** Keys that begin with `start`, `limit` at most, in no order. Walks the whole store: for operators' commands only. */
  scan(start: string, limit: number): Promise<string[]>
  publish(channel: string, message: string): Promise<void>
  /**
   * Calls `onMessage` for each message of the channel until the returned function is called. It answers when messages
   * flow, or after two seconds when the server is away: the subscription then comes to stand by itself, and again after
   * every loss. `onGap` is told as soon as messages may have been missed.
   */
  subscribe(channel: string, onMessage: (message: string) => void, onGap?: () => void): Promise<() => Promise<void>>
  /** False while messages of a subscription may be missed; caches that rely on them must then be off. */
  isSubscriptionLive(): boolean
  ping(): Promise<void>
  close(): Promise<void>
}

/** @throws {RangeError} on a time to live that would mean `for ever` or `already gone` to some server */
export const checkTimeToLive = (ttl: number): number => {
  if (!Number.isSafeInteger(ttl) || ttl <= 0) throw new RangeError(`not a time to live: ${ttl}`)
  return ttl
}
