import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'

/** Says that a Cookie header carries our name more than once, with different values. */
export const SEVERAL = Symbol('several')

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

/**
 * The raw value of a cookie in a Cookie header, found without taking the header apart. Two different values mean that
 * somebody else planted one (a sibling host, a plain-http page): which one is ours cannot be told, so neither counts (S-11).
 * @param prefix the cookie's name and `=`
 */
export const findCookie = (header: string, prefix: string): string | typeof SEVERAL | undefined => {
  let found: string | undefined
  for (let at = header.indexOf(prefix); at !== -1; at = header.indexOf(prefix, at + prefix.length)) {
    let before = at - 1
    while (before >= 0 && isBlank(header.charCodeAt(before))) before -= 1
    // The end of another cookie's name, or part of its value.
    if (before >= 0 && header.charCodeAt(before) !== 0x3b) continue
    const end = header.indexOf(';', at)
    const value = header.slice(at + prefix.length, end === -1 ? undefined : end).trimEnd()
    if (found !== undefined && found !== value) return SEVERAL
    found = value
  }
  return found
}

/**
 * What express-session puts into the cookie: `s:`, the id, `.`, its HMAC-SHA-256 in base64, all URI-encoded. Only the one
 * spelling that it writes is read, so that the data path and the pages cannot read one header differently (S-19).
 */
const SIGNED_ID = /^s%3A(?<id>[A-Za-z0-9_-]{32})\.(?<mark>(?:[A-Za-z0-9]|%2[BF]){43})$/

/** Longer than any cookie of ours, shorter than R1's 200 bytes with its name. */
const MAX_LENGTH = 180

/**
 * The secrets of this moment: the first signs, all verify, so that they can be changed without signing anybody out. Asked
 * at every request; gives the same list until it changes.
 */
export type CookieSecrets = () => readonly string[]

/**
 * Gives the session id of a cookie value that one of the secrets has signed, undefined for anything else.
 * @throws {TypeError} when there is no secret to begin with
 */
export const createCookieVerifier = (secrets: CookieSecrets): ((value: string) => string | undefined) => {
  if (secrets().length === 0) throw new TypeError('sessions need a secret')
  let known: { readonly of: readonly string[]; readonly keys: readonly KeyObject[] } = { of: [], keys: [] }
  const keys = (): readonly KeyObject[] => {
    const of = secrets()
    if (of !== known.of) known = { of, keys: of.map((secret) => createSecretKey(secret, 'utf8')) }
    return known.keys
  }
  return (value) => {
    if (value.length > MAX_LENGTH) return undefined
    const { id, mark } = SIGNED_ID.exec(value)?.groups ?? {}
    if (id === undefined || mark === undefined) return undefined
    const given = Buffer.from(mark.replaceAll('%2B', '+').replaceAll('%2F', '/'))
    const isSigned = keys().some((key) => {
      // As text and not as bytes: base64 has several spellings of the same last byte.
      const expected = Buffer.from(createHmac('sha256', key).update(id).digest('base64').slice(0, 43))
      return timingSafeEqual(expected, given)
    })
    return isSigned ? id : undefined
  }
}

/** A Cookie header in which our cookie appears once and verified, or not at all; the others as they were. */
export const withVerifiedCookie = (
  header: string,
  name: string,
  verify: (value: string) => string | undefined,
): string | undefined => {
  const value = findCookie(header, `${name}=`)
  const others = header.split(';').filter((pair) => pair.split('=', 1)[0]?.trim() !== name)
  const ours = typeof value === 'string' && verify(value) !== undefined ? [`${name}=${value}`] : []
  const kept = [...ours, ...others.map((pair) => pair.trim())].filter((pair) => pair !== '')
  return kept.length === 0 ? undefined : kept.join('; ')
}
