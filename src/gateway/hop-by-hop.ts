/**
 * Fields that belong to one connection and never cross the gate, either way (RFC 9110 §7.6.1, H-06). `expect` is answered
 * by the gate itself, `host` and `content-length` are written anew for the next hop.
 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'http2-settings',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Options of a connection, and no names of fields. */
const OPTIONS: ReadonlySet<string> = new Set(['', 'keep-alive', 'close', 'upgrade'])

/**
 * The further fields that Connection headers declare to be hop-by-hop, in lower case; undefined when there are none.
 * @param named those of the Connection headers before this one
 */
export const allNamed = (named: ReadonlySet<string> | undefined, value: string): ReadonlySet<string> | undefined => {
  if (OPTIONS.has(value)) return named
  const names = value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => !OPTIONS.has(name))
  return names.length === 0 ? named : new Set([...(named ?? []), ...names])
}

/** Fields whose loss would change the message itself cannot be named away by `Connection`. */
const ESSENTIAL: ReadonlySet<string> = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'cookie',
  'host',
  'set-cookie',
])

/** Headers, name and value in turns, without those that `Connection` named. */
export const dropNamed = (headers: readonly string[], names: ReadonlySet<string>): string[] => {
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? ''
    const folded = name.toLowerCase()
    if (!names.has(folded) || ESSENTIAL.has(folded)) kept.push(name, headers[at + 1] ?? '')
  }
  return kept
}
