import { isOurCookieName } from './cookies.ts'
import { dropNamed, HOP_BY_HOP, namedByConnection } from './hop-by-hop.ts'
import type { Exchange } from './exchange.ts'

/** Fields of the application's answer that hold an address of its own, to be put on the public origin (P-16). */
const ADDRESS_FIELDS: ReadonlySet<string> = new Set(['location', 'content-location', 'refresh'])

export interface Returned {
  /** Name and value in turns, as the visitor receives them. */
  readonly headers: string[]
  /** Length of the body as the application announced it; -1 when it did not. */
  readonly length: number
}

const cookieName = (setCookie: string): string => {
  const end = setCookie.search(/[=;]/)
  return (end === -1 ? setCookie : setCookie.slice(0, end)).trim()
}

/** Whether a Set-Cookie line of the application names a cookie of the gate. */
export const isOurSetCookie = (line: string): boolean => isOurCookieName(cookieName(line))

/**
 * What of the application's answer goes back to the visitor: everything, in its order and spelling, except hop-by-hop
 * fields (H-06), cookies with the gate's names, and the application's own internal address. Content-Length stands last:
 * after it, Node writes a Content-Disposition in other bytes than it was given, and throws on a name in ISO-8859-1.
 * @param raw names and values in turns, as received
 */
export const returning = (exchange: Exchange, raw: readonly Buffer[]): Returned => {
  const headers: string[] = []
  const announced: string[] = []
  let length = -1
  let named: ReadonlySet<string> | undefined
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toString('latin1') ?? ''
    const value = raw[at + 1]?.toString('latin1') ?? ''
    const folded = name.toLowerCase()
    if (folded === 'connection') {
      named = namedByConnection(value)
      continue
    }
    if (HOP_BY_HOP.has(folded) || (folded === 'set-cookie' && isOurSetCookie(value))) continue
    if (folded === 'content-length') {
      length = Number(value)
      announced.push(name, value)
      continue
    }
    headers.push(name, ADDRESS_FIELDS.has(folded) ? onPublicOrigin(exchange, value) : value)
  }
  headers.push(...announced)
  if (named !== undefined && named.size > 0) return { headers: dropNamed(headers, named), length }
  return { headers, length }
}

const onPublicOrigin = ({ site }: Exchange, value: string): string => {
  const internal = site.upstream.origin
  const start = value.indexOf(internal)
  if (start === -1 || !/^$|^[/?#]/.test(value.slice(start + internal.length))) return value
  return value.slice(0, start) + site.origin + value.slice(start + internal.length)
}
