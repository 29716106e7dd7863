import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'
import { HSTS_SECONDS } from '../lib/hsts.ts'

const guard = (secure: boolean) =>
  helmet({
    // Written by portal/views, which knows the one inline style of a page that has no stylesheet to link to.
    contentSecurityPolicy: false,
    strictTransportSecurity: secure ? { maxAge: HSTS_SECONDS, includeSubDomains: false } : false,
    // Not `no-referrer`: with it browsers send `Origin: null` with our own forms, which C-16 then has to refuse.
    referrerPolicy: { policy: 'same-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  })

const overHttps = guard(true)
const overHttp = guard(false)

/** Within a page of the record systems that the policy lists, and of nobody else. */
export const letBeFramed = (response: ServerResponse, ancestors: readonly string[]): void => {
  const policy = String(response.getHeader('Content-Security-Policy'))
  const allowed = `frame-ancestors 'self' ${ancestors.join(' ')}`
  response.setHeader('Content-Security-Policy', policy.replace("frame-ancestors 'none'", allowed))
  response.removeHeader('X-Frame-Options')
}

/** Puts the protecting headers on an answer of the gate itself: every page, redirect and refusal (W-07). */
export const dress = (
  request: IncomingMessage,
  response: ServerResponse,
  contentSecurityPolicy: string,
  secure: boolean,
): void => {
  response.setHeader('Content-Security-Policy', contentSecurityPolicy)
  ;(secure ? overHttps : overHttp)(request, response, () => undefined)
}
