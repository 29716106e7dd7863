import { pbkdf2 as deriveWith } from 'node:crypto'
import { promisify } from 'node:util'
import { fromBase64, fromHex, isSameBytes } from './bytes.ts'
import { tooCostly, type HashForm, type LegacyHash } from './form.ts'

const derive = promisify(deriveWith)

/** OWASP asks for 600,000; five times as many take about two seconds. */
const MOST_ITERATIONS = 3_000_000

const hashOf = (
  digest: string,
  iterations: number,
  salt: Buffer | null,
  expected: Buffer | null,
): LegacyHash | null => {
  if (salt === null || expected === null || expected.length < 16 || expected.length > 128 || iterations < 1) return null
  if (iterations > MOST_ITERATIONS) return tooCostly('pbkdf2')
  return {
    form: 'pbkdf2',
    verify: async (password) =>
      isSameBytes(await derive(password, salt, iterations, expected.length, digest), expected),
  }
}

/** `$pbkdf2-sha256$29000$salt$hash`: passlib; without a name SHA-1. PHC writes `i=29000` or `i=29000,l=32`. */
const PASSLIB =
  /^\$pbkdf2(?:-(?<digest>sha1|sha256|sha512))?\$(?:i=)?(?<iterations>\d{1,8})(?:,l=\d{1,3})?\$(?<salt>[A-Za-z0-9+/.]*)\$(?<hash>[A-Za-z0-9+/.]+=*)$/
/** `{PBKDF2-SHA256}10000$salt$hash`: OpenLDAP. */
const OPENLDAP =
  /^\{PBKDF2(?:-(?<digest>SHA1|SHA256|SHA512))?\}(?<iterations>\d{1,8})\$(?<salt>[A-Za-z0-9+/.]*)\$(?<hash>[A-Za-z0-9+/.]+=*)$/
/** `pbkdf2_sha256$260000$salt$hash`: Django; the salt is text. */
const DJANGO =
  /^pbkdf2_(?<digest>sha1|sha256|sha512)\$(?<iterations>\d{1,8})\$(?<salt>[^$]{1,128})\$(?<hash>[A-Za-z0-9+/]+=*)$/
/** `pbkdf2:sha256:260000$salt$hash`: Werkzeug; the salt is text, the hash hexadecimal. */
const WERKZEUG =
  /^pbkdf2:(?<digest>sha1|sha256|sha512):(?<iterations>\d{1,8})\$(?<salt>[^$]{1,128})\$(?<hash>[0-9a-f]+)$/

/** Salt and hash in one, hexadecimal: Spring Security's defaults, those before its version 5.8 and those since. */
const SPRING = [
  { form: /^\{pbkdf2\}([0-9a-f]{80})$/, digest: 'sha1', iterations: 185_000, salt: 8 },
  { form: /^\{pbkdf2@SpringSecurity_v5_8\}([0-9a-f]{96})$/, digest: 'sha256', iterations: 310_000, salt: 16 },
] as const

const spring: HashForm = (text) => {
  for (const { form, digest, iterations, salt } of SPRING) {
    const bytes = fromHex(form.exec(text)?.[1] ?? '')
    if (bytes !== null) return hashOf(digest, iterations, bytes.subarray(0, salt), bytes.subarray(salt))
  }
  return null
}

export const pbkdf2: HashForm = (text) => {
  const binary = (PASSLIB.exec(text) ?? OPENLDAP.exec(text))?.groups
  if (binary !== undefined) {
    const { digest = 'sha1', iterations, salt = '', hash = '' } = binary
    return hashOf(digest.toLowerCase(), Number(iterations), fromBase64(salt), fromBase64(hash))
  }
  const django = DJANGO.exec(text)?.groups
  const werkzeug = WERKZEUG.exec(text)?.groups
  const { digest = '', iterations, salt = '', hash = '' } = django ?? werkzeug ?? {}
  if (digest === '') return spring(text)
  const expected = django === undefined ? fromHex(hash) : fromBase64(hash)
  return hashOf(digest, Number(iterations), Buffer.from(salt), expected)
}
