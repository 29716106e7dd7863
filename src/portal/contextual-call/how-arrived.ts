import type { IncomingHttpHeaders } from 'node:http'

/**
 * How a browser comes to an address that does something. `unsaid`: it does not tell (an old browser, a scanner of links, a
 * preview in a messenger), so that a person is asked to press a button first.
 */
export type HowArrived = 'window' | 'frame' | 'embedded' | 'ahead' | 'unsaid'

const FRAMES: ReadonlySet<string> = new Set(['iframe', 'frame'])

const isAhead = (headers: IncomingHttpHeaders): boolean =>
  ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) =>
    /pre(?:fetch|render|view)/i.test(String(headers[name])),
  )

/** Reads what the browser itself says (W3C Fetch Metadata), which no page can make it say. */
export const howArrived = (method: string, headers: IncomingHttpHeaders): HowArrived => {
  if (isAhead(headers)) return 'ahead'
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers
  if (method === 'HEAD' || mode === undefined || typeof destination !== 'string') return 'unsaid'
  if (mode !== 'navigate') return 'embedded'
  if (destination === 'document') return 'window'
  return FRAMES.has(destination) ? 'frame' : 'embedded'
}
