import type { Response } from 'express'
import { cookieLine, readCookie } from './cookies.ts'
import { visitOf } from './visit.ts'

/** How often the gate may send a browser on by itself within the lifetime below before it explains (R6). */
const MAX_HOPS = 3
const LIFETIME_SECONDS = 20

/**
 * Counts the times the gate has sent this browser on by itself in the last seconds, in a cookie of its own: a loop is then
 * a page that names the likely causes, not a browser error. True when it is time for that page.
 */
export const isGoingInCircles = (response: Response): boolean => {
  const { request, site } = visitOf(response.req)
  const sofar = Number(/^\d$/.exec(readCookie(request, site, 'hops') ?? '')?.[0] ?? 0)
  if (sofar + 1 >= MAX_HOPS) {
    response.append('Set-Cookie', cookieLine(site, 'hops', '', 0))
    return true
  }
  response.append('Set-Cookie', cookieLine(site, 'hops', String(sofar + 1), LIFETIME_SECONDS))
  return false
}
