import { createAddressList, isInList } from './address.ts'

const LOOPBACK = createAddressList(['127.0.0.0/8', '::1'])
const PRIVATE = createAddressList([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
])
/** Names that the public DNS never answers: a single label, or a reserved or customary inner ending. */
const PRIVATE_NAME = /^[^.:]+$|\.(?:internal|local|localhost|lan|intranet|home\.arpa)$/

/** A host without the brackets that an IPv6 address wears in a URL. */
const bare = (host: string): string => host.toLowerCase().replace(/^\[|\]$/g, '')

/** Whether a host name or address is this machine itself. */
export const isLoopbackHost = (host: string): boolean => bare(host) === 'localhost' || isInList(LOOPBACK, bare(host))

/** Whether a host name or address can only be reached from an inner network, as far as the name tells. */
export const isPrivateHost = (host: string): boolean =>
  isLoopbackHost(host) || isInList(PRIVATE, bare(host)) || PRIVATE_NAME.test(bare(host))
