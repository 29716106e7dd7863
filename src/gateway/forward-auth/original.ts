import type { IncomingMessage } from 'node:http'
import { accept, refuse as refused, type Result } from '../../lib/result.ts'
import type { ClientAddress } from '../client-address.ts'
import type { Exchange, Incoming, Refuse } from '../exchange.ts'
import { isOwn, questionPath } from '../own.ts'
import { joined, single } from '../raw-headers.ts'
import { readTarget, type WhyNoTarget } from '../read-target.ts'
import type { SiteTable } from '../site.ts'
import { readNamedRequest, type NamedRequest } from './named-request.ts'

/** The path of a question. Caddy leaves the visitor's query behind it, which says nothing here. */
export const askedPath = ({ url = '' }: IncomingMessage): string => {
  const mark = url.indexOf('?')
  return mark === -1 ? url : url.slice(0, mark)
}

/** What stands for the first bytes of a handshake that the gate is only asked about. */
const NO_BYTES = Buffer.alloc(0)

/** Some proxies keep `Upgrade` to themselves; this one every handshake has (RFC 6455 §4.1), and no script can set it. */
const isHandshake = ({ upgradeHead, request }: Incoming): boolean =>
  upgradeHead !== null || single(request.rawHeaders, 'sec-websocket-key') !== undefined

type Meant = Pick<Exchange, 'site' | 'host' | 'target'>

/** The site may be known when what is asked of it is not answered: the refusal then speaks for it. */
type NotMeant = readonly [site: Pick<Exchange, 'site'> | undefined, ...WhyNoTarget]

const findMeant = (sites: SiteTable, named: NamedRequest, askedAt: string): Result<Meant, NotMeant> => {
  const host = named.host.toLowerCase()
  const site = sites.get(host)
  if (site === undefined) return refused([undefined, 'host-unknown', 'forward-auth'])
  if (!site.site['forward-auth'].enabled || questionPath(site) !== askedAt)
    return refused([{ site }, 'not-found', 'forward-auth-off'])
  if (named.scheme !== undefined && !site.origin.startsWith(`${named.scheme}://`))
    return refused([{ site }, 'request-malformed', 'scheme-differs'])
  const target = readTarget(named.method, named.uri, host, site.prefix)
  if (!target.ok) return refused([{ site }, ...target.reason])
  if (isOwn(target.value.path, site.prefix)) return refused([{ site }, 'not-found', 'own-page'])
  return accept({ site, host, target: target.value })
}

/**
 * First step of the table for proxies: which request of which site is meant. From here on it is the one that is judged,
 * logged and answered, as if it had come here by itself.
 * - named completely, once, in one way
 * - for a listed host of a site that answers proxies, over the scheme of its origin
 * - with a target that has one meaning, and that is not the gate's own: the proxy hands those to the gate (P-12)
 * - the visitor's address as the proxy says it; undefined when it does not: the peer is the proxy, never the visitor (H-10)
 */
export const original =
  (sites: SiteTable, addresses: ClientAddress, refuse: Refuse) =>
  (incoming: Incoming): Exchange | null => {
    const { request } = incoming
    const hops = joined(request.rawHeaders, 'x-forwarded-for')
    const address = hops === undefined ? undefined : addresses.of(request.socket.remoteAddress, hops)
    const askedAt = askedPath(request)
    const named = readNamedRequest(request.rawHeaders)
    // What a refusal shows and logs is the visitor's request, never the question.
    request.url = named.ok ? named.value.uri : ''
    if (!named.ok) {
      refuse({ ...incoming, address }, 'request-malformed', named.reason)
      return null
    }
    // The question is a GET and is owed a body, even if the visitor's HEAD is not.
    if (named.value.method !== 'HEAD') request.method = named.value.method
    const meant = findMeant(sites, named.value, askedAt)
    if (!meant.ok) {
      const [site, code, detail] = meant.reason
      refuse({ ...incoming, ...site, address }, code, detail)
      return null
    }
    return { ...incoming, ...meant.value, upgradeHead: isHandshake(incoming) ? NO_BYTES : null, address }
  }
