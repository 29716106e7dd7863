import { createHash } from 'node:crypto'
import type { LegacyTableSettings } from '../../../config/instance.ts'
import { fromBase64, fromHex, isSameBytes } from './bytes.ts'
import type { LegacyHash } from './form.ts'

type Digest = NonNullable<LegacyTableSettings['digest']>

const ALGORITHMS = {
  md5: { name: 'md5', size: 16 },
  'sha-1': { name: 'sha1', size: 20 },
  'sha-256': { name: 'sha256', size: 32 },
  'sha-512': { name: 'sha512', size: 64 },
} as const

/** What is digested: RFC-like names of the setting, one line each. */
const ORDERS: Readonly<Record<Digest['order'], (password: Buffer, salt: Buffer) => Buffer[]>> = {
  password: (password) => [password],
  'salt-password': (password, salt) => [salt, password],
  'password-salt': (password, salt) => [password, salt],
  'password-{salt}': (password, salt) => [password, Buffer.from('{'), salt, Buffer.from('}')],
}

/** Hash and salt of one column; the salt is what its own column says, or none. */
const split = (text: string, layout: Digest['layout'], salt: string): [hash: string, salt: string] | null => {
  if (layout === 'hash') return [text, salt]
  const sign = layout.includes(':') ? ':' : '$'
  // A hash holds neither sign; a salt may.
  const at = layout.startsWith('hash') ? text.indexOf(sign) : text.lastIndexOf(sign)
  if (at === -1) return null
  const [left, right] = [text.slice(0, at), text.slice(at + 1)]
  return layout.startsWith('hash') ? [left, right] : [right, left]
}

/**
 * Hashes that do not say what they are, read as the settings say; a salt is the text as it stands. Null when the text does
 * not have the length of that digest, or its salt is missing.
 */
export const createConfiguredDigest =
  ({ algorithm, order, layout }: Digest) =>
  (text: string, saltColumn: string): LegacyHash | null => {
    const parts = split(text, layout, saltColumn)
    if (parts === null) return null
    const [hash, salt] = parts
    const { name, size } = ALGORITHMS[algorithm]
    const expected = [fromHex(hash), fromBase64(hash)].find((bytes) => bytes?.length === size)
    if (expected === undefined || expected === null || (order !== 'password' && salt === '')) return null
    const form = order === 'password' ? `plain ${algorithm}` : `salted ${algorithm}`
    return {
      form,
      verify: (password) => {
        const digest = createHash(name)
        for (const part of ORDERS[order](password, Buffer.from(salt))) digest.update(part)
        return Promise.resolve(isSameBytes(digest.digest(), expected))
      },
    }
  }
