import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { PurposeKey } from '../lib/digest.ts'
import type { Random } from '../lib/random.ts'

const VERSION = '1'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Plain data under a key of the gate: a dump of the store tells nobody which patients were looked at. */
export interface Sealed {
  /** @param binding what it belongs to: it opens nowhere else, even for somebody who can write into the store */
  close(binding: string, value: unknown): string
  /** Undefined for anything that was not closed so, or under a key that is gone. */
  open(binding: string, text: string): unknown
}

const openWith = (key: Buffer, binding: string, nonce: Buffer, bytes: Buffer): Buffer | null => {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(`${VERSION}\0${binding}`)).setAuthTag(bytes.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    return null
  }
}

/** AES-256-GCM. */
export const createSealed = ({ key, random }: { readonly key: PurposeKey; readonly random: Random }): Sealed => ({
  close: (binding, value) => {
    const nonce = Buffer.from(random.token(NONCE_BYTES), 'base64url')
    const cipher = createCipheriv('aes-256-gcm', key.current(), nonce).setAAD(Buffer.from(`${VERSION}\0${binding}`))
    const closed = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()])
    return `${VERSION}.${nonce.toString('base64url')}.${closed.toString('base64url')}`
  },
  open: (binding, text) => {
    const [version, nonce = '', closed = ''] = text.split('.', 3)
    const iv = Buffer.from(nonce, 'base64url')
    const bytes = Buffer.from(closed, 'base64url')
    if (version !== VERSION || iv.length !== NONCE_BYTES || bytes.length < TAG_BYTES) return undefined
    for (const one of key.every()) {
      const content = openWith(one, binding, iv, bytes)
      if (content !== null) return JSON.parse(content.toString('utf8')) as unknown
    }
    return undefined
  },
})
