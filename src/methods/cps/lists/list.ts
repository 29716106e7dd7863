import { hasSerial, type Serials } from './serials.ts'

/** One list as it was read and verified: a complete one, or a delta. */
export interface ReadList {
  readonly number: bigint
  /** Of a delta: the number of the list that it begins from. */
  readonly base: bigint | null
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number
  readonly nextUpdate: number
  readonly revoked: Serials
  /** Of a delta: what is no longer revoked. */
  readonly restored: Serials
  /** Which certificates it speaks of (RFC 5280 §5.2.5). */
  readonly scope: {
    readonly about: 'all' | 'holders' | 'authorities'
    /** Where this part of the list is published; empty for a list that is whole. */
    readonly urls: readonly string[]
  }
}

/** A list, and the identifier of the key that signed it. */
export interface SignedList {
  readonly list: ReadList
  readonly authority: string
}

/** What is held of one authority. It crosses from the main process to the workers as it is. */
export interface HeldList {
  /** Identifier of the key of the authority. */
  readonly authority: string
  readonly name: string
  readonly complete: ReadList
  /** Null without one that fits the complete list. */
  readonly delta: ReadList | null
}

/** Whether a delta can be laid over a complete list (RFC 5280 §5.2.4). */
export const fits = (delta: ReadList, complete: ReadList): boolean =>
  delta.base !== null &&
  delta.base <= complete.number &&
  delta.number > complete.number &&
  delta.scope.about === complete.scope.about &&
  delta.scope.urls.join(' ') === complete.scope.urls.join(' ')

/** Until when it is the word of its authority: laid over each other, both lists are one of the later date. */
export const freshUntil = ({ complete, delta }: HeldList): number =>
  Math.max(complete.nextUpdate, delta?.nextUpdate ?? 0)

export const isRevoked = ({ complete, delta }: HeldList, digest: bigint): boolean => {
  if (delta !== null && hasSerial(delta.revoked, digest)) return true
  if (delta !== null && hasSerial(delta.restored, digest)) return false
  return hasSerial(complete.revoked, digest)
}

/** Numbers in it, and the bytes that they take. */
export const sizeOf = ({ complete, delta }: HeldList): { readonly entries: number; readonly bytes: number } => {
  const all = [complete.revoked, delta?.revoked, delta?.restored].filter((each) => each !== undefined)
  return {
    entries: all.reduce((sum, { length }) => sum + length, 0),
    bytes: all.reduce((sum, { byteLength }) => sum + byteLength, 0),
  }
}
