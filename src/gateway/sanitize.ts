import { codeOfRefusal, type FramingRefusal, type HeadRefusal } from '../lib/ambiguous.ts'
import { withoutOurCookies } from './cookies.ts'
import type { Exchange, Refuse, Sanitized } from './exchange.ts'
import { createFolding } from './folding.ts'
import { isPlainCoding, isPlainLength } from './framing.ts'
import { allNamed, dropNamed, HOP_BY_HOP } from './hop-by-hop.ts'

/** More fields than any browser sends; beyond it a parser somewhere starts to look at a part only (H-07, F-02). */
export const MAX_FIELDS = 200

/** Fields that are not just copied. */
type Kind = 'dropped' | 'connection' | 'cookie' | 'length' | 'coding' | 'origin' | 'fetch-site'

/** The next hop gets its own `Host`, and `Expect` is answered by the gate. */
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...[...HOP_BY_HOP, 'host', 'expect'].map((name) => [name, 'dropped'] as const),
  ['connection', 'connection'],
  ['transfer-encoding', 'coding'],
  ['content-length', 'length'],
  ['cookie', 'cookie'],
  ['origin', 'origin'],
  ['sec-fetch-site', 'fetch-site'],
])

/** Told of names in a visitor's request that only the gate may use to say who somebody is; never of their values. */
export type OnSpoof = (exchange: Exchange, names: readonly string[]) => void

/** Enough of an attempt for a line in the log. */
const TOLD = { names: 5, length: 60 }

/** Tells those of the names that say who somebody is. */
export const tellSpoof = (exchange: Exchange, ours: readonly string[], onSpoof: OnSpoof): void => {
  const names = ours.filter((name) => exchange.site.isIdentityHeader(name))
  if (names.length > 0)
    onSpoof(
      exchange,
      names.slice(0, TOLD.names).map((name) => name.slice(0, TOLD.length)),
    )
}

const added = (known: string | undefined, value: string, separator: string): string =>
  known === undefined ? value : known + separator + value

/**
 * Second step: what of the visitor's headers may go on.
 * - a body whose end two readers could see elsewhere is refused (F-04, F-05, F-06; lib/ambiguous)
 * - every spelling of a name that only the gate may set is dropped, and told when it is an identity (H-01, H-03, R18)
 * - hop-by-hop fields and what `Connection` names are dropped (H-06)
 * - the gate's own cookies are taken out, the application's keep every byte (R2)
 * - names with `_` are dropped: servers that map `-` and `_` to one variable would mix them up
 */
export const sanitize = (refuse: Refuse, onSpoof: OnSpoof) => {
  const fold = createFolding()
  return (exchange: Exchange): Sanitized | null => {
    const raw = exchange.request.rawHeaders
    const headers: string[] = []
    let cookies: string | undefined
    let origin: string | undefined
    let fetchSite: string | undefined
    let hasBody = false
    let doubt: HeadRefusal | FramingRefusal | undefined = raw.length > MAX_FIELDS * 2 ? 'too-many-fields' : undefined
    let named: ReadonlySet<string> | undefined
    let dropped: string[] | undefined
    for (let at = 0; at < raw.length && doubt === undefined; at += 2) {
      const name = raw[at] ?? ''
      const value = raw[at + 1] ?? ''
      const folded = fold(name)
      switch (KINDS.get(folded)) {
        case 'dropped':
          continue
        case 'connection':
          named = allNamed(named, value)
          continue
        case 'cookie':
          cookies = added(cookies, value, '; ')
          continue
        case 'coding':
          hasBody = true
          if (!isPlainCoding(value)) doubt = 'transfer-coding'
          else if (exchange.request.httpVersionMinor === 0) doubt = 'chunks-in-1.0'
          continue
        case 'length':
          hasBody ||= value !== '0'
          if (!isPlainLength(value)) doubt = 'length-spelling'
          break
        case 'origin':
          origin = added(origin, value, ', ')
          break
        case 'fetch-site':
          fetchSite = added(fetchSite, value, ', ')
          break
        case undefined:
      }
      if (exchange.site.isOurHeader(name)) (dropped ??= []).push(name)
      else if (!folded.includes('_')) headers.push(name, value)
    }
    if (hasBody && exchange.upgradeHead !== null) doubt ??= 'handshake-with-body'
    if (doubt !== undefined) {
      refuse(exchange, codeOfRefusal(doubt), doubt)
      return null
    }
    if (dropped !== undefined) tellSpoof(exchange, dropped, onSpoof)
    const theirs = cookies === undefined ? undefined : withoutOurCookies(cookies)
    if (theirs !== undefined) headers.push('Cookie', theirs)
    const passing = named === undefined ? headers : dropNamed(headers, named)
    return { exchange, headers: passing, hasBody, cookies, origin, fetchSite }
  }
}
