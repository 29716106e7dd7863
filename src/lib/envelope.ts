import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'

/** What an envelope belongs to: it opens nowhere else, even for somebody who can write into the store. */
export interface Binding {
  /** Whose envelopes these are: those of one owner are none to another. */
  readonly what: string
  readonly site: string
  readonly handle: string
}

const VERSION = '1'
const TAG_BYTES = 16
export const NONCE_BYTES = 12

/**
 * A key of its own for each envelope. The handle goes into it, which the store never sees: a dump of the store opens nothing,
 * not even together with the gate's key files.
 */
const keyOf = (key: Buffer, { what, handle }: Binding): Buffer =>
  Buffer.from(hkdfSync('sha256', key, handle, `portillon ${what}`, 32))

const boundTo = ({ site, handle }: Binding): Buffer => Buffer.from(`${VERSION}\0${site}\0${handle}`)

/** AES-256-GCM. @param nonce `NONCE_BYTES` fresh random bytes @returns text for the store */
export const closeEnvelope = (key: Buffer, nonce: Buffer, binding: Binding, content: Buffer): string => {
  const cipher = createCipheriv('aes-256-gcm', keyOf(key, binding), nonce).setAAD(boundTo(binding))
  const closed = Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()])
  return `${VERSION}.${nonce.toString('base64url')}.${closed.toString('base64url')}`
}

const openWith = (key: Buffer, nonce: Buffer, binding: Binding, closed: Buffer): Buffer | null => {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(key, binding), nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(boundTo(binding)).setAuthTag(closed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(closed.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    return null
  }
}

/** The content, or null for anything that was not closed so: another site or handle, a key that is gone, other bytes. */
export const openEnvelope = (keys: readonly Buffer[], binding: Binding, text: string): Buffer | null => {
  const [version, nonce = '', closed = ''] = text.split('.', 3)
  const iv = Buffer.from(nonce, 'base64url')
  const bytes = Buffer.from(closed, 'base64url')
  if (version !== VERSION || iv.length !== NONCE_BYTES || bytes.length < TAG_BYTES) return null
  for (const key of keys) {
    const content = openWith(key, iv, binding, bytes)
    if (content !== null) return content
  }
  return null
}
