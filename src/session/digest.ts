import { createHash } from 'node:crypto'

/**
 * What a session is called everywhere but in the browser: store, log, audit trail, assertion (S-21). SHA-256 in hexadecimal
 * and not in base64url, because operators type its first letters and no option of a command begins with one of these.
 */
export const sessionDigest = (id: string): string => createHash('sha256').update(id).digest('hex')

/** The beginning of a digest, or a whole one. */
export const DIGEST_START = /^[0-9a-f]{0,64}$/
