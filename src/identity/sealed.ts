import { closeText, NONCE_BYTES, openText } from '../lib/aead.ts'
import type { PurposeKey } from '../lib/digest.ts'
import type { Random } from '../lib/random.ts'

/** Plain data under a key of the gate: a dump of the store tells nobody which patients were looked at. */
export interface Sealed {
  /** @param binding what it belongs to: it opens nowhere else, even for somebody who can write into the store */
  close(binding: string, value: unknown): string
  /** Undefined for anything that was not closed so, or under a key that is gone. */
  open(binding: string, text: string): unknown
}

/** AES-256-GCM. */
export const createSealed = ({ key, random }: { readonly key: PurposeKey; readonly random: Random }): Sealed => ({
  close: (binding, value) => {
    const nonce = Buffer.from(random.token(NONCE_BYTES), 'base64url')
    return closeText(key.current(), nonce, [binding], Buffer.from(JSON.stringify(value)))
  },
  open: (binding, text) => {
    const content = openText(key.every(), [binding], text)
    return content === null ? undefined : (JSON.parse(content.toString('utf8')) as unknown)
  },
})
