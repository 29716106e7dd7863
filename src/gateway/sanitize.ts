import { withoutOurCookies } from './cookies.ts'
import type { Exchange, Refuse, Sanitized } from './exchange.ts'
import { dropNamed, HOP_BY_HOP, namedByConnection } from './hop-by-hop.ts'

/** More fields than any browser sends; beyond it a parser somewhere starts to look at a part only (H-07, F-02). */
export const MAX_FIELDS = 200

/** Never copied: the next hop gets its own, or the gate has answered it. */
const REWRITTEN: ReadonlySet<string> = new Set(['host', 'expect', 'cookie'])

/** Lower-cased names of raw spellings seen before: a handful of spellings make up all traffic. */
const createFolding = () => {
  const known = new Map<string, string>()
  return (raw: string): string => {
    let folded = known.get(raw)
    if (folded === undefined) {
      folded = raw.toLowerCase()
      if (known.size < 2_000) known.set(raw, folded)
    }
    return folded
  }
}

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

/**
 * Second step: what of the visitor's headers may go on.
 * - every spelling of a name that only the gate may set is dropped, and told when it is an identity (H-01, H-03, R18)
 * - hop-by-hop fields and what `Connection` names are dropped (H-06)
 * - the gate's own cookies are taken out, the application's keep every byte (R2)
 * - names with `_` are dropped: servers that map `-` and `_` to one variable would mix them up
 */
export const sanitize = (refuse: Refuse, onSpoof: OnSpoof) => {
  const fold = createFolding()
  return (exchange: Exchange): Sanitized | null => {
    const raw = exchange.request.rawHeaders
    if (raw.length > MAX_FIELDS * 2) {
      refuse(exchange, 'headers-too-large', 'too-many-fields')
      return null
    }
    const headers: string[] = []
    let cookies: string | undefined
    let hasBody = false
    let named: ReadonlySet<string> | undefined
    let dropped: string[] | undefined
    for (let at = 0; at < raw.length; at += 2) {
      const name = raw[at] ?? ''
      const value = raw[at + 1] ?? ''
      const folded = fold(name)
      if (folded === 'transfer-encoding' || (folded === 'content-length' && value !== '0')) hasBody = true
      if (folded === 'connection') {
        const more = namedByConnection(value)
        if (more.size > 0) named = named === undefined ? more : new Set([...named, ...more])
      } else if (folded === 'cookie') {
        cookies = cookies === undefined ? value : `${cookies}; ${value}`
      } else if (exchange.site.isOurHeader(name)) {
        ;(dropped ??= []).push(name)
      } else if (!HOP_BY_HOP.has(folded) && !REWRITTEN.has(folded) && !folded.includes('_')) {
        headers.push(name, value)
      }
    }
    if (dropped !== undefined) tellSpoof(exchange, dropped, onSpoof)
    const theirs = cookies === undefined ? undefined : withoutOurCookies(cookies)
    if (theirs !== undefined) headers.push('Cookie', theirs)
    return { exchange, headers: named === undefined ? headers : dropNamed(headers, named), hasBody, cookies }
  }
}
