import { hkdfSync } from 'node:crypto'
import { closeText, openText } from './aead.ts'

export { NONCE_BYTES } from './aead.ts'

/** What an envelope belongs to: it opens nowhere else, even for somebody who can write into the store. */
export interface Binding {
  /** Whose envelopes these are: those of one owner are none to another. */
  readonly what: string
  readonly site: string
  readonly handle: string
}

/**
 * A key of its own for each envelope. The handle goes into it, which the store never sees: a dump of the store opens nothing,
 * not even together with the gate's key files.
 */
const keyOf = (key: Buffer, { what, handle }: Binding): Buffer =>
  Buffer.from(hkdfSync('sha256', key, handle, `portillon ${what}`, 32))

const boundTo = ({ site, handle }: Binding): readonly string[] => [site, handle]

/** @param nonce `NONCE_BYTES` fresh random bytes @returns text for the store */
export const closeEnvelope = (key: Buffer, nonce: Buffer, binding: Binding, content: Buffer): string =>
  closeText(keyOf(key, binding), nonce, boundTo(binding), content)

/** The content, or null for anything that was not closed so: another site or handle, a key that is gone, other bytes. */
export const openEnvelope = (keys: readonly Buffer[], binding: Binding, text: string): Buffer | null =>
  openText(
    keys.map((key) => keyOf(key, binding)),
    boundTo(binding),
    text,
  )
