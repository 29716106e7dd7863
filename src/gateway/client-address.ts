import { LRUCache } from 'lru-cache'
import { isInList, normalizeAddress, type AddressList } from '../lib/address.ts'

/** More hops than any real chain of proxies: a longer list is somebody's experiment. */
const MAX_HOPS = 20

/** The longest spelling of an address. */
const MAX_ADDRESS = 45

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

/** Without the blanks of RFC 9110 § 5.6.3: to JavaScript the byte A0 is one too, to other readers it is not. */
const trimmed = (hop: string): string => {
  let from = 0
  let to = hop.length
  while (from < to && isBlank(hop.charCodeAt(from))) from += 1
  while (from < to && isBlank(hop.charCodeAt(to - 1))) to -= 1
  return hop.slice(from, to)
}

/** What is no address at all, and not worth remembering: a visitor could fill the memory with it. */
const UNREADABLE = { address: undefined, trusted: false }

export interface ClientAddress {
  /**
   * The visitor's address: that of the socket, or, when the socket belongs to a listed proxy, the last entry of
   * X-Forwarded-For that is not itself a listed proxy. Undefined when a listed proxy sent an entry that is no plain
   * address: the strictest policy then applies, no check is skipped (H-09, H-10, R19, R35).
   */
  of(peer: string | undefined, forwardedFor: string | undefined): string | undefined
  isTrusted(peer: string | undefined): boolean
}

export const createClientAddress = (trusted: AddressList): ClientAddress => {
  // Parsing addresses costs more than all the rest of a request's bookkeeping; the same peers come back all the time.
  const peers = new LRUCache<string, { address: string | undefined; trusted: boolean }>({ max: 4_096 })
  const look = (text: string) => {
    if (text.length > MAX_ADDRESS) return UNREADABLE
    const known = peers.get(text)
    if (known !== undefined) return known
    const address = normalizeAddress(text)
    const seen = { address, trusted: address !== undefined && isInList(trusted, address) }
    peers.set(text, seen)
    return seen
  }
  const fromHeader = (forwardedFor: string): string | undefined => {
    const hops = forwardedFor.split(',', MAX_HOPS + 1)
    if (hops.length > MAX_HOPS) return undefined
    for (const hop of hops.reverse()) {
      const seen = look(trimmed(hop))
      if (seen.address === undefined || !seen.trusted) return seen.address
    }
    return look(trimmed(hops.at(-1) ?? '')).address
  }
  return {
    of: (peer, forwardedFor) => {
      const socket = look(peer ?? '')
      return socket.trusted && forwardedFor !== undefined ? fromHeader(forwardedFor) : socket.address
    },
    isTrusted: (peer) => look(peer ?? '').trusted,
  }
}
