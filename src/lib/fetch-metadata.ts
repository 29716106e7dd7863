import type { IncomingHttpHeaders } from 'node:http'

/**
 * What the browser itself says of a request: true for a person who goes to a page, false for a script that fetches data,
 * undefined when nothing is said. Browsers send Sec-Fetch-Mode and Sec-Fetch-Dest together (W3C Fetch Metadata); a lone
 * mode is the default of some tool and says nothing about who waits for the answer.
 */
export const saysNavigation = (headers: IncomingHttpHeaders): boolean | undefined => {
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined && headers['sec-fetch-dest'] !== undefined) return mode === 'navigate'
  // The marker of scripts from before Fetch Metadata.
  return headers['x-requested-with'] === undefined ? undefined : false
}
