import ipaddr from 'ipaddr.js'

type ParsedAddress = ipaddr.IPv4 | ipaddr.IPv6

/** A list of addresses and CIDR blocks, ready to be asked. */
export type AddressList = readonly (readonly [ParsedAddress, number])[]

const parse = (text: string): ParsedAddress | undefined => {
  // A zone id names a network card of some machine, not an address that a list could hold (H-10).
  if (text.includes('%') || !ipaddr.isValid(text)) return undefined
  // `10.1` and `0x7f.1` are addresses to inet_aton only; two readers would disagree on them.
  if (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined
  // The process form folds ::ffff:192.0.2.1 into 192.0.2.1, so both meet the same rule and the same counter (C-08).
  return ipaddr.process(text)
}

/** The one spelling of an IP address, or `undefined` for anything else (a host name, a zone id, a port, a blank). */
export const normalizeAddress = (text: string): string | undefined => parse(text)?.toString()

/** Reads one entry of a list, `192.0.2.0/24` or `192.0.2.7`; `undefined` when it is neither. */
export const parseAddressBlock = (text: string): readonly [ParsedAddress, number] | undefined => {
  const [base = '', prefix, ...rest] = text.split('/')
  const address = parse(base)
  if (address === undefined || rest.length > 0) return undefined
  const bits = address.kind() === 'ipv4' ? 32 : 128
  if (prefix === undefined) return [address, bits]
  // The prefix of ::ffff:192.0.2.0/120 counts bits that folding removes.
  if (bits === 32 && base.includes(':')) return undefined
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits ? [address, Number(prefix)] : undefined
}

/** @throws {TypeError} on an entry that is no address: configuration is checked before it comes here. */
export const createAddressList = (entries: readonly string[]): AddressList =>
  entries.map((entry) => {
    const block = parseAddressBlock(entry)
    if (block === undefined) throw new TypeError(`not an address or a block: ${entry}`)
    return block
  })

/** Whether the address lies in one of the blocks. An unreadable address lies in none. */
export const isInList = (list: AddressList, text: string): boolean => {
  const address = parse(text)
  return address !== undefined && list.some((block) => address.kind() === block[0].kind() && address.match([...block]))
}

/** What one subscriber has of an address space, and what one household of machines may be spread over. */
const NARROW = { ipv4: 32, ipv6: 64 } as const
const WIDE = { ipv4: 24, ipv6: 48 } as const

const blockOf = (address: ParsedAddress, size: Readonly<Record<'ipv4' | 'ipv6', number>>): string => {
  if (address.kind() === 'ipv4' && size.ipv4 === 32) return address.toString()
  const family = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6
  const bits = size[address.kind()]
  return `${family.networkAddressFromCIDR(`${address.toString()}/${bits}`).toString()}/${bits}`
}

/**
 * What abuse counters are keyed on: the IPv4 address, or the /64 of an IPv6 address, because one subscriber owns a whole
 * /64 and could walk through it (C-08). An unknown address counts as one single client, the strictest reading (H-10).
 */
export const addressBlock = (address: string | undefined): string => {
  const parsed = address === undefined ? undefined : parse(address)
  return parsed === undefined ? 'unknown' : blockOf(parsed, NARROW)
}

/** What that block lies in, the /24 or the /48: who holds one of these can walk through all of it (C-08). */
export const widerBlock = (address: string | undefined): string => {
  const parsed = address === undefined ? undefined : parse(address)
  return parsed === undefined ? 'unknown' : blockOf(parsed, WIDE)
}
