import { closeText, NONCE_BYTES, openText } from '../lib/aead.ts'
import type { PurposeKey } from '../lib/digest.ts'
import { Fault } from '../lib/errors.ts'
import type { Random } from '../lib/random.ts'

/** The row that a secret belongs to: moved to another row, or to another person, it does not open. */
export interface SecretRow {
  readonly account: string
  readonly id: string
  readonly kind: string
}

const boundTo = ({ account, id, kind }: SecretRow): readonly string[] => [account, id, kind]

/** Secrets of enrolled factors at rest: AES-256-GCM, bound to their row; a dump of the database opens none (T-19, S-21). */
export const createFactorSecrets = ({ key, random }: { key: PurposeKey; random: Random }) => ({
  close: (row: SecretRow, secret: string): string => {
    const nonce = Buffer.from(random.token(NONCE_BYTES), 'base64url')
    return closeText(key.current(), nonce, boundTo(row), Buffer.from(secret))
  },
  /** @throws {Fault} `fault` when no key opens it: a factor that cannot be read proves nothing */
  open: (row: SecretRow, text: string): string => {
    const secret = openText(key.every(), boundTo(row), text)
    if (secret !== null) return secret.toString('utf8')
    throw new Fault('fault', `the secret of factor ${row.id} does not open with the keys of this instance`)
  },
})

export type FactorSecrets = ReturnType<typeof createFactorSecrets>
