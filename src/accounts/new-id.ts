import type { Random } from '../lib/random.ts'

/** A random UUID (version 4, RFC 9562) from the gate's own source of randomness. */
export const newId = (random: Random): string => {
  const bytes = Buffer.from(random.token(16), 'base64url')
  bytes.writeUInt8(((bytes[6] ?? 0) & 0x0f) | 0x40, 6)
  bytes.writeUInt8(((bytes[8] ?? 0) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
