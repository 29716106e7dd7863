import { createCipheriv, createDecipheriv } from 'node:crypto'
import { keyObject } from './key-object.ts'

/** AES-256-GCM (NIST SP 800-38D): what is closed is secret, and opens only whole and where it belongs. */

export const NONCE_BYTES = 12
const TAG_BYTES = 16
const VERSION = '1'

/** @param key 32 bytes @param nonce `NONCE_BYTES`, never the same for two contents under one key @returns content and tag */
export const encrypt = (key: Buffer, nonce: Buffer, belongsTo: Buffer, content: Buffer): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', keyObject(key), nonce).setAAD(belongsTo)
  return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()])
}

/** Null for whatever was not encrypted so. */
export const decrypt = (key: Buffer, nonce: Buffer, belongsTo: Buffer, bytes: Buffer): Buffer | null => {
  if (nonce.length !== NONCE_BYTES || bytes.length < TAG_BYTES) return null
  const decipher = createDecipheriv('aes-256-gcm', keyObject(key), nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(belongsTo).setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    return null
  }
}

const boundTo = (belongsTo: readonly string[]): Buffer => Buffer.from([VERSION, ...belongsTo].join('\0'))

/** As text for a store or a database. @param belongsTo what it opens for, and for nothing else */
export const closeText = (key: Buffer, nonce: Buffer, belongsTo: readonly string[], content: Buffer): string => {
  const closed = encrypt(key, nonce, boundTo(belongsTo), content)
  return `${VERSION}.${nonce.toString('base64url')}.${closed.toString('base64url')}`
}

/** With the first of the keys that opens it; null when none does. */
export const openText = (keys: readonly Buffer[], belongsTo: readonly string[], text: string): Buffer | null => {
  const [version, nonce = '', closed = ''] = text.split('.', 3)
  if (version !== VERSION) return null
  const [iv, bytes] = [Buffer.from(nonce, 'base64url'), Buffer.from(closed, 'base64url')]
  for (const key of keys) {
    const content = decrypt(key, iv, boundTo(belongsTo), bytes)
    if (content !== null) return content
  }
  return null
}
