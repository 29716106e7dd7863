/**
 * Everything that expires and that several processes share. Two implementations, Redis and memory, pass one contract suite
 * (test/contract/store). Every operation touches one key, so that Redis Cluster serves as well as a single server.
 * An unreachable store throws `Fault('store-unavailable')` within two seconds; it never looks like an absent key.
 * Times to live are whole milliseconds above zero.
 */
export interface Store {
  get(key: string): Promise<string | null>
  /** Writes and answers true; with a condition that does not hold, writes nothing and answers false. */
  set(key: string, value: string, ttl: number, condition?: 'if-absent' | 'if-present'): Promise<boolean>
  /** Reads and deletes in one atomic step: among any number of callers on all nodes, one gets the value (T-02). */
  take(key: string): Promise<string | null>
  /** Replaces the value only if it still is `expected`; keeps the time to live. */
  replace(key: string, expected: string, value: string): Promise<boolean>
  delete(key: string): Promise<boolean>
  /** Sets a new time to live; false when the key is gone, which it stays. */
  extend(key: string, ttl: number): Promise<boolean>
  /** Milliseconds left, or null when there is no such key. */
  timeToLive(key: string): Promise<number | null>
  /** Adds one, atomically, and answers the new count; the time to live starts with the first and is not renewed. */
  increment(key: string, ttl: number): Promise<number>
  /** Adds to a set whose whole life is extended to at least `ttl`. */
  addMember(key: string, member: string, ttl: number): Promise<void>
  removeMember(key: string, member: string): Promise<void>
  members(key: string): Promise<string[]>
  publish(channel: string, message: string): Promise<void>
  /** Calls `onMessage` for each message of the channel until the returned function is called. */
  subscribe(channel: string, onMessage: (message: string) => void): Promise<() => Promise<void>>
  /** False while messages may be missed; caches that rely on them must then be off. */
  isSubscriptionLive(): boolean
  ping(): Promise<void>
  close(): Promise<void>
}
