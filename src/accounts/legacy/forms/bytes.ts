import { timingSafeEqual } from 'node:crypto'

/** Compares without telling by time where the two differ; the length of a digest is no secret. */
export const isSameBytes = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other)

/** Base64 with or without padding; `.` for `+` is passlib's spelling. Null when the text is no such thing. */
export const fromBase64 = (text: string): Buffer | null => {
  const plain = text.replaceAll('.', '+').replace(/=+$/, '')
  if (!/^[A-Za-z0-9+/]*$/.test(plain) || plain.length % 4 === 1) return null
  return Buffer.from(plain, 'base64')
}

export const fromHex = (text: string): Buffer | null =>
  /^(?:[0-9a-fA-F]{2})+$/.test(text) ? Buffer.from(text, 'hex') : null
