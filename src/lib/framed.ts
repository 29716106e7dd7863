import type { IncomingHttpHeaders } from 'node:http'

const FRAMES: ReadonlySet<string> = new Set(['iframe', 'frame'])

/** Whether a page is asked for that is shown within a page of another site, as the browser itself says. */
export const isInFrame = (headers: IncomingHttpHeaders): boolean => {
  const { 'sec-fetch-dest': destination } = headers
  return typeof destination === 'string' && FRAMES.has(destination)
}

/**
 * Attributes of a cookie that a browser keeps for a frame (R26, CHIPS): `Partitioned` ties it to the site that shows the frame,
 * so that no other site has any use of it.
 */
export const FRAMED_COOKIE = 'Secure; SameSite=None; Partitioned'
