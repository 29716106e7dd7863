import type { Incoming, Exchange, Refuse, Sanitized } from './exchange.ts'
import { linger } from './linger.ts'
import type { GatewaySite } from './site.ts'

/** The pages of the gate, as the data path sees them: they answer, and nothing comes back. */
export type Portal = (exchange: Exchange) => void

/** Whether a path is the gate's own, in any spelling (P-12). The common case costs one character: `/_…` is rare. */
export const isOwn = (path: string, prefix: string): boolean => {
  if (path.charCodeAt(1) !== prefix.charCodeAt(1) && path[1]?.toLowerCase() !== prefix[1]?.toLowerCase()) return false
  const next = path[prefix.length]
  return (next === undefined || next === '/') && path.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase()
}

/** Where listed proxies ask; who they are was looked at before, so that whoever still asks is not one of them (R19). */
export const questionPath = ({ prefix }: Pick<GatewaySite, 'prefix'>): string => `${prefix}/authz`

const isStrangersQuestion = ({ site, target }: Exchange): boolean =>
  site.site['forward-auth'].enabled && target.path === questionPath(site)

/**
 * Third step: what lies under the gate's prefix is answered by the gate and never forwarded, in any spelling (P-12).
 * A spelling that is not the plain one is nobody's address: it is neither a page of ours nor the application's.
 */
export const own =
  (portal: Portal, refuse: Refuse) =>
  (input: Sanitized): Sanitized | null => {
    const { exchange } = input
    const { path, canonical } = exchange.target
    const { prefix } = exchange.site
    if (exchange.site.callLinks.has(path)) {
      // The page of the application that old links lead to is the gate's now; the address stays the visitor's.
      exchange.request.url = `${prefix}/contextual-call/link`
      if (input.hasBody) exchange.response.once('finish', () => linger(exchange))
      portal(exchange)
      return null
    }
    if (!isOwn(path, prefix)) return input
    if (isStrangersQuestion(exchange)) refuse(exchange, 'not-found', 'forward-auth-stranger')
    else if (path.startsWith(prefix) && canonical) {
      // The pages read the address from the request; of an absolute form they are to see what was judged.
      exchange.request.url = exchange.target.raw
      if (input.hasBody) exchange.response.once('finish', () => linger(exchange))
      portal(exchange)
    } else refuse(exchange satisfies Incoming, 'not-found', 'prefix-spelling')
    return null
  }
