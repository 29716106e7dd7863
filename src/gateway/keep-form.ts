import { digest } from '../lib/digest.ts'
import { UNOWNED, UNOWNED_BYTES, UNOWNED_PER_ADDRESS } from '../kept-forms/kept-forms.ts'
import { FORM_HANDLE, staysOnSite } from '../lib/return-target.ts'
import type { Authorized, Exchange, FormOutcome } from './exchange.ts'
import { pressedFor, type FormParts } from './forms.ts'
import { isNavigation } from './navigation.ts'
import { pageBehind } from './page-behind.ts'
import type { ReadBody } from './read-body.ts'

/** The three ways in which browsers write forms (HTML § 4.10.21.8). */
const FORM_TYPE = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)[ \t]*(?:;|$)/i

/**
 * Whether the browser itself says that a page of this site sent the form, at the top of its window: a form of another site is
 * never kept (C-16), and one in a frame could not be decided about there. Older browsers say no more than the page.
 */
const isFromOurPage = ({ request: { headers } }: Exchange): boolean => {
  const { origin, referer = '' } = headers
  const isSame = origin === undefined || origin === new URL(referer).origin
  return isSame && isOr(headers['sec-fetch-site'], 'same-origin') && isOr(headers['sec-fetch-dest'], 'document')
}

const isOr = (given: string | string[] | undefined, expected: string): boolean =>
  given === undefined || given === expected

/** A form of a listed site that fills the window; what a page of ours sends is never one. */
const isFromRecordSystem = ({ request: { headers }, site }: Exchange): boolean =>
  headers.origin !== undefined &&
  site.site.forms.from.includes(headers.origin) &&
  isOr(headers['sec-fetch-dest'], 'document')

/** Browsers are led to this address once more: it must come back as it was. */
const comesBack = (raw: string): boolean => {
  if (!staysOnSite(raw)) return false
  const { pathname, search } = new URL(raw, 'https://site.invalid')
  return `${pathname}${search}` === raw
}

const isKeepable = ({ site, target, request }: Exchange): boolean =>
  site.site.forms.keep > 0 &&
  site.policy.keepsForms(target.path) &&
  !site.policy.isUpstreamSignOut(target.path) &&
  FORM_TYPE.test(request.headers['content-type'] ?? '') &&
  request.headers['content-encoding'] === undefined &&
  comesBack(target.raw)

const tooLarge = ({ request }: Exchange): FormOutcome => ({
  lost: /^multipart\//i.test(request.headers['content-type'] ?? '') ? 'form-file-too-large' : 'form-too-large',
})

/**
 * After `authorize`: keeps the form of somebody whose session has just ended, so that it can be sent when the same person has
 * signed in again (R7, G1). Nothing goes to the application meanwhile. Everything else passes as it came, and what is not
 * kept is said on the sign-in page (W-11).
 */
export const keepForm = (parts: FormParts, readBody: ReadBody) => {
  /** A link of a record system that is a form: the browser that sends it keeps our cookies to itself (SameSite=Lax). */
  const carry = async (input: Authorized): Promise<FormOutcome | undefined> => {
    const { exchange } = input
    const { site, target, request, address = '' } = exchange
    if (!isKeepable(exchange)) return undefined
    const body = input.hasBody ? await readBody(request, UNOWNED_BYTES) : Buffer.alloc(0)
    if (body === 'too-large') return tooLarge(exchange)
    if (typeof body === 'string') return undefined
    const { 'content-type': type = '', referer = '' } = request.headers
    const { browser, cookie } = parts.carrier(exchange)
    const place = { site: site.site.site, browser, owner: UNOWNED, behind: '/' }
    const form = { ...place, target: target.raw, type, referer, body }
    const handle = await parts.kept.keep(form, digest(`${site.site.site} ${address}`), UNOWNED_PER_ADDRESS)
    if (handle === null) return undefined
    exchange.response.appendHeader('Set-Cookie', cookie)
    parts.onKept(input, null, body.length)
    return { kept: handle }
  }

  const keep = async (input: Authorized, session: string): Promise<FormOutcome | undefined> => {
    const { exchange } = input
    const { site, target, request } = exchange
    const behind = pageBehind(exchange)
    const browser = parts.browserOf(exchange)
    if (behind === null || browser === undefined || !isKeepable(exchange) || !isFromOurPage(exchange)) return undefined
    const owner = await parts.owners.of(session)
    if (owner === null) return undefined
    const body = input.hasBody ? await readBody(request, site.site.forms.keep) : Buffer.alloc(0)
    if (body === 'too-large') return tooLarge(exchange)
    if (typeof body === 'string') return undefined
    const { 'content-type': type = '', referer = '' } = request.headers
    const form = { site: site.site.site, browser, owner, target: target.raw, type, referer, behind, body }
    const handle = await parts.kept.keep(form, session)
    if (handle === null) return undefined
    parts.onKept(input, session, body.length)
    return { kept: handle }
  }

  return (input: Authorized): Authorized | Promise<Authorized | null> => {
    const { exchange, decision } = input
    if (decision.verdict !== 'sign-in' || exchange.target.method !== 'POST') return input
    if (!isNavigation(exchange.request)) return input
    const pressed = pressedFor(exchange)
    if (pressed !== null) return FORM_HANDLE.test(pressed) ? { ...input, form: { kept: pressed } } : input
    const session = input.session ?? input.ended
    const isLink = isFromRecordSystem(exchange)
    if (session === null && !isLink) return input
    const kept = isLink || session === null ? carry(input) : keep(input, session)
    return kept.then((form) => {
      // The visitor left, or was told meanwhile that the body cannot be read.
      if (exchange.response.destroyed || exchange.response.headersSent) return null
      return form === undefined ? input : { ...input, form }
    })
  }
}
