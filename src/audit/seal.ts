import { isSameDigest, keyedDigest } from '../lib/digest.ts'

/** What the key of the seals is derived for. */
export const AUDIT_PURPOSE = 'audit-trail'

/** Where a chain begins and ends. */
export interface Ends {
  readonly first: number
  /** The hash of the event before the first one. */
  readonly before: string
  readonly last: number
  /** The hash of the last event. */
  readonly hash: string
}

/**
 * A hash alone can be computed anew by whoever can write to the table. The seal cannot: it takes a key of the gate, which
 * is in no database. Each kind of seal has a word of its own, so that none serves as another.
 */
export const sealEvent = (key: Buffer, hash: string): string => keyedDigest(key, 'event', hash)

export const sealEnds = (key: Buffer, { first, before, last, hash }: Ends): string =>
  keyedDigest(key, 'ends', String(first), before, String(last), hash)

/** Whether one of the keys made it; the one that fits is looked at first the next time. */
const createFit = (keys: readonly Buffer[]) => {
  const tried = [...keys]
  return (seal: string, make: (key: Buffer) => string): boolean => {
    const at = tried.findIndex((key) => isSameDigest(make(key), seal))
    if (at > 0) tried.unshift(...tried.splice(at, 1))
    return at !== -1
  }
}

export interface SealCheck {
  ofEvent(hash: string, seal: string): boolean
  ofEnds(ends: Ends, seal: string): boolean
}

export const createSealCheck = (keys: readonly Buffer[]): SealCheck => {
  const fits = createFit(keys)
  return {
    ofEvent: (hash, seal) => fits(seal, (key) => sealEvent(key, hash)),
    ofEnds: (ends, seal) => fits(seal, (key) => sealEnds(key, ends)),
  }
}
