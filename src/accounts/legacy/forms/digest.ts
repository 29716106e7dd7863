import { createHash } from 'node:crypto'
import { fromBase64, fromHex, isSameBytes } from './bytes.ts'
import type { HashForm, LegacyHash } from './form.ts'

/** Plain digests, salted or not: quick to compute for whoever has them, which is why they have to go. */

const hashOf = (
  form: string,
  algorithm: string,
  expected: Buffer,
  parts: (password: Buffer) => Buffer[],
): LegacyHash => ({
  form,
  verify: (password) => {
    const hash = createHash(algorithm)
    for (const part of parts(password)) hash.update(part)
    return Promise.resolve(isSameBytes(hash.digest(), expected))
  },
})

const LDAP = {
  '{MD5}': { algorithm: 'md5', size: 16, isSalted: false },
  '{SMD5}': { algorithm: 'md5', size: 16, isSalted: true },
  '{SHA}': { algorithm: 'sha1', size: 20, isSalted: false },
  '{SSHA}': { algorithm: 'sha1', size: 20, isSalted: true },
  '{SHA256}': { algorithm: 'sha256', size: 32, isSalted: false },
  '{SSHA256}': { algorithm: 'sha256', size: 32, isSalted: true },
  '{SHA512}': { algorithm: 'sha512', size: 64, isSalted: false },
  '{SSHA512}': { algorithm: 'sha512', size: 64, isSalted: true },
} as const

/** `{SSHA}` and its like (RFC 2307 and what came of it): Base64 of the digest, and behind it the salt. */
export const ldapDigest: HashForm = (text) => {
  const [, scheme = '', content = ''] = /^(\{[A-Za-z0-9]+\})([A-Za-z0-9+/]+=*)$/.exec(text) ?? []
  const name = scheme.toUpperCase()
  if (!(name in LDAP)) return null
  const { algorithm, size, isSalted } = LDAP[name as keyof typeof LDAP]
  const bytes = fromBase64(content)
  if (bytes === null || (isSalted ? bytes.length <= size : bytes.length !== size)) return null
  const salt = bytes.subarray(size)
  return hashOf(name, algorithm, bytes.subarray(0, size), (password) => [password, salt])
}

/** `sha1$salt$hex` and `md5$salt$hex`: Django; the salt comes first. */
export const djangoDigest: HashForm = (text) => {
  const [, algorithm = '', salt = '', hex = ''] = /^(sha1|md5)\$([^$]{1,128})\$([0-9a-f]+)$/.exec(text) ?? []
  const expected = fromHex(hex)
  if (expected?.length !== (algorithm === 'md5' ? 16 : 20)) return null
  return hashOf(`salted ${algorithm}`, algorithm, expected, (password) => [Buffer.from(salt), password])
}

const SPRING = {
  MD5: ['md5', 16],
  'SHA-1': ['sha1', 20],
  'SHA-256': ['sha256', 32],
  'SHA-512': ['sha512', 64],
} as const

/** `{SHA-256}{salt}hex`: Spring Security; the salt comes last, in its braces. Without a salt: the password alone. */
export const springDigest: HashForm = (text) => {
  const [, name = '', salt = '', hex = ''] =
    /^\{(MD5|SHA-1|SHA-256|SHA-512)\}(\{[^{}]{1,128}\})?([0-9a-f]+)$/.exec(text) ?? []
  if (!(name in SPRING)) return null
  const [algorithm, size] = SPRING[name as keyof typeof SPRING]
  const expected = fromHex(hex)
  if (expected?.length !== size) return null
  return hashOf(`{${name}}`, algorithm, expected, (password) => [password, Buffer.from(salt)])
}
