import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { PurposeKey } from '../lib/digest.ts'
import { Fault } from '../lib/errors.ts'
import type { Random } from '../lib/random.ts'

/** The row that a secret belongs to: moved to another row, or to another person, it does not open. */
export interface SecretRow {
  readonly account: string
  readonly id: string
  readonly kind: string
}

const VERSION = '1'
const NONCE_BYTES = 12
const TAG_BYTES = 16

const boundTo = ({ account, id, kind }: SecretRow): Buffer => Buffer.from([VERSION, account, id, kind].join('\0'))

const openWith = (key: Buffer, nonce: Buffer, row: SecretRow, closed: Buffer): string | null => {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(boundTo(row)).setAuthTag(closed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(closed.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}

/** Secrets of enrolled factors at rest: AES-256-GCM, bound to their row; a dump of the database opens none (T-19, S-21). */
export const createFactorSecrets = ({ key, random }: { key: PurposeKey; random: Random }) => ({
  close: (row: SecretRow, secret: string): string => {
    const nonce = Buffer.from(random.token(NONCE_BYTES), 'base64url')
    const cipher = createCipheriv('aes-256-gcm', key.current(), nonce).setAAD(boundTo(row))
    const closed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `${VERSION}.${nonce.toString('base64url')}.${closed.toString('base64url')}`
  },
  /** @throws {Fault} `fault` when no key opens it: a factor that cannot be read proves nothing */
  open: (row: SecretRow, text: string): string => {
    const [version, nonce = '', closed = ''] = text.split('.', 3)
    const iv = Buffer.from(nonce, 'base64url')
    const bytes = Buffer.from(closed, 'base64url')
    if (version === VERSION && iv.length === NONCE_BYTES && bytes.length >= TAG_BYTES) {
      for (const one of key.every()) {
        const secret = openWith(one, iv, row, bytes)
        if (secret !== null) return secret
      }
    }
    throw new Fault('fault', `the secret of factor ${row.id} does not open with the keys of this instance`)
  },
})

export type FactorSecrets = ReturnType<typeof createFactorSecrets>
