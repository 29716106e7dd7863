import { createHmac } from 'node:crypto'
import { decrypt, encrypt, NONCE_BYTES } from './aead.ts'
import { keyObject } from './key-object.ts'
import { parseTarget } from './path.ts'

/**
 * Where a visitor was going when the gate asked them to sign in. It travels through the sign-in pages as a sealed text: a
 * path of ours can be followed, a path of a stranger cannot be made up (R17), and nothing is stored for a visitor who
 * never signs in (S-16). It is encrypted, because links of record systems name patients in their queries: nobody who
 * reads the log of a front, or a history, sees them in the address of the sign-in page.
 */
export interface ReturnTarget {
  /** Path and query exactly as asked for. */
  readonly path: string
  /** How often this visit was started again by itself (R5): the third time a page says why instead. */
  readonly restarts: number
  /** Handle of the form that was kept when the session had ended (R7): it is offered before anything else. */
  readonly form?: string | undefined
}

export interface ReturnTargets {
  /** A path that could lead elsewhere is replaced by the first page. */
  seal(site: string, target: ReturnTarget): string
  /** The target of a seal made for this site, or undefined for anything else, a forgery included. */
  open(site: string, sealed: string): ReturnTarget | undefined
}

/** 144 random bits, base64url. */
export const FORM_HANDLE = /^[A-Za-z0-9_-]{24}$/

const SEAL = /^[A-Za-z0-9_-]{39,12400}$/

/**
 * Whether a path can be put into a `Location` without leaving the site: one of our own well-formed targets, which a WHATWG
 * parser resolves to our origin (R-01, R-02: backslashes, tabs and repeated slashes are where such checks fail).
 */
export const staysOnSite = (path: string): boolean => {
  if (!parseTarget('GET', path).ok) return false
  const base = 'https://site.invalid'
  return URL.canParse(path, base) && new URL(path, base).origin === base
}

/** What a sealing key is used for: a key of its own for each. */
interface Purposes {
  readonly nonce: Buffer
  readonly encrypt: Buffer
}

const derived = new WeakMap<Buffer, Purposes>()

const purposesOf = (key: Buffer): Purposes => {
  const known = derived.get(key)
  if (known !== undefined) return known
  const derive = (purpose: string): Buffer => createHmac('sha256', key).update(purpose).digest()
  const fresh = { nonce: derive('nonce'), encrypt: derive('encrypt') }
  derived.set(key, fresh)
  return fresh
}

/**
 * AES-256-GCM under a nonce that is computed from what is sealed, as in RFC 5297: two texts never share one, and the same text
 * is the same seal on every page. All that a seal tells is that it is the seal of before.
 */
const close = (key: Buffer, site: string, text: string): string => {
  const purposes = purposesOf(key)
  const nonce = createHmac('sha256', keyObject(purposes.nonce))
    .update(`${site}\0${text}`)
    .digest()
    .subarray(0, NONCE_BYTES)
  const closed = encrypt(purposes.encrypt, nonce, Buffer.from(site), Buffer.from(text, 'latin1'))
  return Buffer.concat([nonce, closed]).toString('base64url')
}

/** Null for what was not closed so: another site, another key, other bytes. */
const openWith = (key: Buffer, site: string, bytes: Buffer): string | null => {
  const [nonce, closed] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES)]
  return decrypt(purposesOf(key).encrypt, nonce, Buffer.from(site), closed)?.toString('latin1') ?? null
}

/** A text has one spelling: a base64url text whose last character carries bits that nobody reads is another text. */
const bytesOf = (sealed: string): Buffer | null => {
  if (!SEAL.test(sealed)) return null
  const bytes = Buffer.from(sealed, 'base64url')
  return bytes.toString('base64url') === sealed ? bytes : null
}

/** @param keyOf the sealing keys: the first seals, every one opens, so that keys can be changed without losing a visitor */
export const createReturnTargets = (keyOf: () => readonly Buffer[]): ReturnTargets => ({
  seal: (site, { path, restarts, form }) => {
    const [key] = keyOf()
    if (key === undefined) throw new Error('no sealing key')
    // No target holds a blank; what stands behind the second one is passed over by a node that does not know it yet.
    const text = [restarts, staysOnSite(path) ? path : '/', ...(form === undefined ? [] : [form])].join(' ')
    return close(key, site, text)
  },
  open: (site, sealed) => {
    const bytes = bytesOf(sealed)
    if (bytes === null) return undefined
    const text = keyOf().reduce<string | null>((opened, key) => opened ?? openWith(key, site, bytes), null)
    if (text === null) return undefined
    const [restarts = '', path = '', form] = text.split(' ', 3)
    if (!/^\d$/.test(restarts) || !staysOnSite(path)) return undefined
    return { path, restarts: Number(restarts), ...(form !== undefined && FORM_HANDLE.test(form) ? { form } : {}) }
  },
})
