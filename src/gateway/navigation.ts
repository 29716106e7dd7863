import type { IncomingMessage } from 'node:http'
import { saysNavigation } from '../lib/fetch-metadata.ts'

/**
 * Whether a person is going to a page, rather than a script fetching data: pages are redirected to the sign-in, scripts get
 * 401 and JSON (R8). Decided by what the browser itself says, then by what is accepted, then by a mode that stands alone, as
 * tools send it; a wild card accepts pages, unless it stands behind JSON, as the libraries of scripts write it.
 */
export const isNavigation = ({ headers }: IncomingMessage): boolean => {
  const said = saysNavigation(headers)
  if (said !== undefined) return said
  const { accept = '*/*', 'sec-fetch-mode': mode } = headers
  if (/\btext\/html\b|\bapplication\/xhtml\+xml\b/i.test(accept)) return true
  if (mode !== undefined) return mode === 'navigate'
  return accept.includes('*/*') && !/\bjson\b/i.test(accept)
}
