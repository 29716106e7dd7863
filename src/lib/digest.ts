import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { keyObject } from './key-object.ts'

/** SHA-256, base64url: what is stored of an identifier that a visitor holds, so that a dump of the store opens nothing. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** A key for one purpose, as it changes over time: the current one makes, every one that is still believed verifies. */
export interface PurposeKey {
  current(): Buffer
  every(): readonly Buffer[]
}

/**
 * HMAC-SHA-256, base64url: for values that can be guessed (six digits, a login, an address), where a plain digest would
 * only delay the reader of a dump. Parts are separated so that no two lists of parts read the same.
 */
export const keyedDigest = (key: Buffer, ...parts: readonly string[]): string => {
  const mac = createHmac('sha256', keyObject(key))
  for (const part of parts) mac.update(`${Buffer.byteLength(part)}:`).update(part)
  return mac.digest('base64url')
}

/** Compares two digests without telling by time where they differ. */
export const isSameDigest = (left: string, right: string): boolean => {
  const a = Buffer.from(left)
  const b = Buffer.from(right)
  return a.length === b.length && timingSafeEqual(a, b)
}
