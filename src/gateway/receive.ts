import type { IncomingMessage } from 'node:http'
import { codeOfRefusal, type HeadRefusal } from '../lib/ambiguous.ts'
import type { ClientAddress } from './client-address.ts'
import type { Exchange, Incoming, Refuse } from './exchange.ts'
import { joined, single } from './raw-headers.ts'
import { readTarget } from './read-target.ts'
import type { SiteTable } from './site.ts'

/** A name or an address and a port: anything else is no Host at all, and not an unknown one (RFC 9110 §7.2). */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::(?<port>\d{0,5}))?$/i

const whyNoSite = (given: string | undefined | null): HeadRefusal => {
  if (given === undefined || given === '') return 'host-missing'
  if (given === null) return 'host-repeated'
  const host = HOST.exec(given)
  return host === null || Number(host.groups?.['port'] ?? 0) > 65_535 ? 'host-invalid' : 'host-unknown'
}

/** The parser lets `HTTP/2.0` and `HTTP/0.9` in text pass (F-20). */
const isVersionServed = ({ httpVersionMajor }: IncomingMessage): boolean => httpVersionMajor === 1

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
      refuse({ ...incoming, address }, codeOfRefusal('version'), 'version')
      return null
    }
    const given = single(raw, 'host')
    const host = given?.toLowerCase() ?? ''
    const site = sites.get(host)
    if (site === undefined) {
      const why = whyNoSite(given)
      refuse({ ...incoming, address }, codeOfRefusal(why), why)
      return null
    }
    const target = readTarget(request.method ?? '', request.url ?? '', host, site.prefix)
    if (!target.ok) {
      refuse({ ...incoming, site, address }, ...target.reason)
      return null
    }
    return { ...incoming, site, host, target: target.value, address }
  }
