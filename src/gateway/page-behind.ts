import { staysOnSite } from '../lib/return-target.ts'
import type { Exchange } from './exchange.ts'

/** Path and query of the page of this site that a request comes from, as its browser says; null when it says none. */
export const pageBehind = ({ request, site }: Exchange): string | null => {
  const { referer } = request.headers
  if (referer === undefined || !URL.canParse(referer)) return null
  const { origin, pathname, search } = new URL(referer)
  const path = `${pathname}${search}`
  return site.origins.has(origin) && staysOnSite(path) ? path : null
}
