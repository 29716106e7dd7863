import { createHmac, timingSafeEqual } from 'node:crypto'
import { parseTarget } from './path.ts'

/**
 * Where a visitor was going when the gate asked them to sign in. It travels through the sign-in pages as a sealed text: a
 * path of ours can be followed, a path of a stranger cannot be made up (R17), and nothing is stored for a visitor who
 * never signs in (S-16).
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

const SEAL = /^(?<payload>[A-Za-z0-9_-]{2,12288})\.(?<mark>[A-Za-z0-9_-]{43})$/

/**
 * Whether a path can be put into a `Location` without leaving the site: one of our own well-formed targets, which a WHATWG
 * parser resolves to our origin (R-01, R-02: backslashes, tabs and repeated slashes are where such checks fail).
 */
export const staysOnSite = (path: string): boolean => {
  if (!parseTarget('GET', path).ok) return false
  const base = 'https://site.invalid'
  return URL.canParse(path, base) && new URL(path, base).origin === base
}

/** @param keyOf the sealing keys: the first seals, every one opens, so that keys can be changed without losing a visitor */
export const createReturnTargets = (keyOf: () => readonly Buffer[]): ReturnTargets => {
  const markOf = (key: Buffer, site: string, payload: string) =>
    createHmac('sha256', key).update(`${site}\0${payload}`).digest()

  return {
    seal: (site, { path, restarts, form }) => {
      const [key] = keyOf()
      if (key === undefined) throw new Error('no sealing key')
      // No target holds a blank; what stands behind the second one is passed over by a node that does not know it yet.
      const text = [restarts, staysOnSite(path) ? path : '/', ...(form === undefined ? [] : [form])].join(' ')
      const payload = Buffer.from(text, 'latin1').toString('base64url')
      return `${payload}.${markOf(key, site, payload).toString('base64url')}`
    },
    open: (site, sealed) => {
      const { payload, mark } = SEAL.exec(sealed)?.groups ?? {}
      if (payload === undefined || mark === undefined) return undefined
      const given = Buffer.from(mark, 'base64url')
      if (!keyOf().some((key) => timingSafeEqual(markOf(key, site, payload), given))) return undefined
      const [restarts = '', path = '', form] = Buffer.from(payload, 'base64url').toString('latin1').split(' ', 3)
      if (!/^\d$/.test(restarts) || !staysOnSite(path)) return undefined
      return { path, restarts: Number(restarts), ...(form !== undefined && FORM_HANDLE.test(form) ? { form } : {}) }
    },
  }
}
