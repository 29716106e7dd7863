import type { IncomingMessage } from 'node:http'
import type { ErrorCode } from '../lib/errors.ts'
import { parseTarget } from '../lib/path.ts'
import type { ClientAddress } from './client-address.ts'
import type { Exchange, Incoming, Refuse } from './exchange.ts'
import type { SiteTable } from './site.ts'

/** Methods that are served. TRACE and CONNECT never are; unknown ones are refused rather than guessed (F-15). */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

const ABSOLUTE_FORM = /^https?:\/\/(?<authority>[^/?#]*)(?<rest>.*)$/is

/** The one value of a header that must not be repeated; null when it is. */
const single = (raw: readonly string[], name: string): string | undefined | null => {
  let found: string | undefined
  for (let at = 0; at < raw.length; at += 2) {
    const candidate = raw[at] ?? ''
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue
    if (found !== undefined) return null
    found = raw[at + 1]
  }
  return found
}

/** All values of a list header, joined as RFC 9110 §5.3 allows. */
const joined = (raw: readonly string[], name: string): string | undefined => {
  let all: string | undefined
  for (let at = 0; at < raw.length; at += 2) {
    const candidate = raw[at] ?? ''
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue
    all = all === undefined ? (raw[at + 1] ?? '') : `${all}, ${raw[at + 1] ?? ''}`
  }
  return all
}

/** Origin form of a request target; an absolute form must name the host that Host names (RFC 9112 §3.2.2). */
const originForm = (raw: string, host: string): string | null => {
  const absolute = ABSOLUTE_FORM.exec(raw)?.groups
  if (absolute === undefined) return raw
  if (absolute['authority']?.toLowerCase() !== host) return null
  const rest = absolute['rest'] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** A name or an address and a port: anything else is no Host at all, and not an unknown one (RFC 9110 §7.2). */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::(?<port>\d{0,5}))?$/i

const whyNoSite = (given: string | undefined | null): [ErrorCode, string?] => {
  if (given === undefined || given === '') return ['request-malformed', 'host-missing']
  if (given === null) return ['request-malformed', 'host-repeated']
  const host = HOST.exec(given)
  if (host === null || Number(host.groups?.['port'] ?? 0) > 65_535) return ['request-malformed', 'host-invalid']
  return ['host-unknown']
}

/** The parser lets `HTTP/2.0` and `HTTP/0.9` in text pass (F-20), and chunks in HTTP/1.0, which knows none (F-05). */
const isVersionServed = (request: IncomingMessage): boolean =>
  request.httpVersionMajor === 1 &&
  (request.httpVersionMinor !== 0 || request.headers['transfer-encoding'] === undefined)

/**
 * First step: which site, which target, whose address.
 * - HTTP/1.1 or HTTP/1.0: else 400
 * - one Host header, of a listed name, port included (F-14, P-15): else 400 or 421
 * - a method that is served
 * - a target that has one meaning (lib/path): else 400
 * - the visitor's address, believed only from listed proxies
 */
export const receive =
  (sites: SiteTable, addresses: ClientAddress, refuse: Refuse) =>
  (incoming: Incoming): Exchange | null => {
    const { request } = incoming
    const raw = request.rawHeaders
    const address = addresses.of(request.socket.remoteAddress, joined(raw, 'x-forwarded-for'))
    if (!isVersionServed(request)) {
      refuse({ ...incoming, address }, 'request-malformed', 'version')
      return null
    }
    const given = single(raw, 'host')
    const host = given?.toLowerCase() ?? ''
    const site = sites.get(host)
    if (site === undefined) {
      refuse({ ...incoming, address }, ...whyNoSite(given))
      return null
    }
    const method = request.method ?? ''
    if (!METHODS.has(method)) {
      refuse({ ...incoming, site, address }, 'method-not-implemented', method.slice(0, 20))
      return null
    }
    const form = originForm(request.url ?? '', host)
    const target = form === null ? null : parseTarget(method, form)
    if (target?.ok !== true) {
      const reason = target?.reason ?? 'authority-differs'
      refuse({ ...incoming, site, address }, reason === 'too-long' ? 'target-too-long' : 'path-ambiguous', reason)
      return null
    }
    return { ...incoming, site, host, target: target.value, address }
  }
