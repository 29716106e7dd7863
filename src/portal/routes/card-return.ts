import type { Request, Response } from 'express'
import { digest, isSameDigest } from '../../lib/digest.ts'
import { findAttempt } from '../at-sign-in.ts'
import { browserDigest } from '../browser.ts'
import { cardRefusedHref } from '../card/addresses.ts'
import type { CardTicket } from '../card/journeys.ts'
import { textOf } from '../form.ts'
import type { PortalParts } from '../portal-parts.ts'
import { presentEvidence } from '../present.ts'
import { visitOf } from '../visit.ts'
import { visitorOf } from '../visitor.ts'

/** The ticket that this browser brings back from its own journey on this site; whatever else is brought is used up too. */
const redeem = async (
  parts: PortalParts,
  request: Request,
): Promise<{ ticket: CardTicket; browser: string } | null> => {
  const visit = visitOf(request)
  const ticket = await parts.cards.redeem(textOf(request.query, 'ticket'))
  const browser = parts.browsers.known(visit)
  if (ticket === null || browser === undefined || ticket.site !== visit.site.site.site) return null
  if (!isSameDigest(ticket.browser, browserDigest(browser))) return null
  const attempt = textOf(request.query, 'attempt')
  return ticket.attempt === (attempt === '' ? null : digest(attempt)) ? { ticket, browser } : null
}

/** GET: back from the card listener, once: on with who the card says it is, or to the page that says why not. */
export const takeCardReturn =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const redeemed = await redeem(parts, request)
    if (redeemed === null) {
      const { address, reference } = visit
      const where = { site: visit.site.site.site, reference, ...(address === undefined ? {} : { address }) }
      parts.trail.record({ event: 'sign-in.card-refused', method: 'cps', detail: 'over', ...where })
      const link = { to: textOf(request.query, 'to'), attempt: textOf(request.query, 'attempt') }
      parts.pages.go(response, cardRefusedHref(visit.site, link, 'over', reference))
      return
    }
    const { ticket, browser } = redeemed
    const { to, outcome } = ticket
    const attempt = textOf(request.query, 'attempt')
    if (outcome.kind === 'refused') {
      parts.pages.go(response, cardRefusedHref(visit.site, { to, attempt }, outcome.reason, outcome.reference))
      return
    }
    const { nationalId, trace } = outcome
    const evidence = { method: 'cps', identity: { kind: 'national-id', nationalId }, trace } as const
    if (attempt === '') {
      await presentEvidence(parts, request, response, visitorOf(visit, browser), evidence, { to })
      return
    }
    const here = await findAttempt(parts, request, response)
    if (here !== null) await presentEvidence(parts, request, response, here.visitor, evidence, { to, attempt: here })
  }
