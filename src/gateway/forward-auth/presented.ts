import { codeOfRefusal } from '../../lib/ambiguous.ts'
import { ANONYMOUS } from '../../policy/subject.ts'
import { ASSERTION_HEADER } from '../assert.ts'
import { withoutOurCookies } from '../cookies.ts'
import type { Exchange, Refuse, Sanitized } from '../exchange.ts'
import { pressedFor } from '../forms.ts'
import { joined } from '../raw-headers.ts'
import { MAX_FIELDS, tellSpoof, type OnSpoof } from '../sanitize.ts'
import type { GatewaySite } from '../site.ts'

type Standing =
  /** The proxy's own, or the visitor's and of no concern. */
  | 'passes'
  /** An identity under its own name: the proxy writes what the gate answers over it. */
  | 'overwritten'
  /** An identity that nobody writes over, or a twin of a name of ours, which the application may fold onto it (H-03, R18). */
  | 'refused'

const PLAIN_NAME = /^[a-z0-9-]+$/i
const MAX_KNOWN = 2_000

/** What becomes of a header of that name. The same names come back with every question. */
const createStanding = (site: GatewaySite): ((name: string) => Standing) => {
  const configured = site.identityHeaders(ANONYMOUS).map(([name]) => name.toLowerCase())
  const overwritten = new Set([ASSERTION_HEADER.toLowerCase(), ...configured])
  const judge = (name: string): Standing => {
    if (!site.isOurHeader(name)) return 'passes'
    if (!PLAIN_NAME.test(name)) return 'refused'
    if (!site.isIdentityHeader(name)) return 'passes'
    return overwritten.has(name.toLowerCase()) ? 'overwritten' : 'refused'
  }
  const known = new Map<string, Standing>()
  return (name) => {
    let standing = known.get(name)
    if (standing === undefined) {
      standing = judge(name)
      if (known.size < MAX_KNOWN) known.set(name, standing)
    }
    return standing
  }
}

/**
 * Second step of the table for proxies: what the visitor presents. The gate cannot take anything out of a request that the
 * proxy forwards, so what would have to be taken out is refused.
 * - identity headers under their own names are told and left: the proxy writes over them (H-01)
 * - every other name of that kind, and any twin of a name of ours, is 400
 * - the press that sends a kept form again is not allowed: its body is a token of ours, and the form is the gate's to send
 * - the cookies are read, and given back without the gate's own, for the proxy to forward (R2, H-18)
 */
export const presented = (refuse: Refuse, onSpoof: OnSpoof) => {
  const standings = new Map<GatewaySite, (name: string) => Standing>()
  const standingFor = (site: GatewaySite) => {
    const standing = standings.get(site) ?? createStanding(site)
    standings.set(site, standing)
    return standing
  }
  return (exchange: Exchange): Sanitized | null => {
    const raw = exchange.request.rawHeaders
    if (raw.length > MAX_FIELDS * 2) {
      refuse(exchange, codeOfRefusal('too-many-fields'), 'too-many-fields')
      return null
    }
    if (exchange.target.method === 'POST' && pressedFor(exchange) !== null) {
      refuse(exchange, 'sign-in-required', 'kept-form')
      return null
    }
    const standingOf = standingFor(exchange.site)
    const spoofed: string[] = []
    for (let at = 0; at < raw.length; at += 2) {
      const name = raw[at] ?? ''
      const standing = standingOf(name)
      if (standing === 'overwritten') spoofed.push(name)
      if (standing !== 'refused') continue
      refuse(exchange, 'request-malformed', `header-of-ours: ${name.slice(0, 60)}`)
      return null
    }
    if (spoofed.length > 0) tellSpoof(exchange, spoofed, onSpoof)
    const cookies = joined(raw, 'cookie', '; ')
    const theirs = cookies === undefined ? '' : (withoutOurCookies(cookies) ?? '')
    const origin = joined(raw, 'origin')
    const fetchSite = joined(raw, 'sec-fetch-site')
    return { exchange, headers: ['Cookie', theirs], hasBody: false, cookies, origin, fetchSite }
  }
}
