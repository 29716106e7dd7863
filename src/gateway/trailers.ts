import type { IncomingMessage } from 'node:http'
import { justPasses } from './answer-head.ts'

/** What says how a message is framed, read, kept or answered cannot come behind it (RFC 9110 § 6.5.1). Nor can what does not just pass. */
const NEVER: ReadonlySet<string> = new Set([
  ...['content-length', 'content-encoding', 'content-type', 'content-range', 'content-location'],
  ...['set-cookie', 'www-authenticate', 'authentication-info', 'location', 'refresh', 'host'],
  ...['cache-control', 'expires', 'age', 'date', 'pragma', 'vary', 'warning', 'retry-after'],
])

/**
 * The fields that the application sent behind its answer, for a visitor who said that they are welcome (`TE: trailers`);
 * anybody else would throw them away. Those of requests end at the gate (H-08).
 * @param raw names and values in turns, as received
 */
export const trailersFor = ({ headers }: IncomingMessage, raw: readonly Buffer[]): [string, string][] => {
  if (!/(?:^|,)\s*trailers\s*(?:[,;]|$)/i.test(String(headers['te'] ?? ''))) return []
  const kept: [string, string][] = []
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toString('latin1') ?? ''
    const folded = name.toLowerCase()
    if (justPasses(folded) && !NEVER.has(folded)) kept.push([name, raw[at + 1]?.toString('latin1') ?? ''])
  }
  return kept
}
