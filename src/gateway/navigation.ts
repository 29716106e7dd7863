import type { IncomingMessage } from 'node:http'

/**
 * Whether a person is going to a page, rather than a script fetching data: pages are redirected to the sign-in, scripts get
 * 401 and JSON (R8). Decided by what the browser itself says (Sec-Fetch), then by what is accepted, then by the old
 * marker of scripts; a wild card accepts pages.
 */
export const isNavigation = (request: IncomingMessage): boolean => {
  const { headers } = request
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined) return mode === 'navigate'
  if (headers['x-requested-with'] !== undefined) return false
  const { accept } = headers
  return accept === undefined || /\btext\/html\b|\bapplication\/xhtml\+xml\b|\*\/\*/i.test(accept)
}
