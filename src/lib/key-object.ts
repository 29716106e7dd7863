import { createSecretKey, type KeyObject } from 'node:crypto'

const made = new WeakMap<Buffer, KeyObject>()

/**
 * The key in Node's own form, made once for as long as the bytes live. Node makes one of every key that it is handed as
 * bytes, each time, which costs four times what a digest or the encryption of a short text does.
 */
export const keyObject = (key: Buffer): KeyObject => {
  const known = made.get(key)
  if (known !== undefined) return known
  const fresh = createSecretKey(key)
  made.set(key, fresh)
  return fresh
}
