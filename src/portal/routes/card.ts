import type { Request, Response } from 'express'
import { z } from 'zod'
import { digest } from '../../lib/digest.ts'
import { findAttempt, takeAttempt } from '../at-sign-in.ts'
import { browserDigest } from '../browser.ts'
import { cardListenerHref, type CardLink } from '../card/addresses.ts'
import { showCardPage, showCardRefused } from '../card/page.ts'
import { signInHref } from '../destination.ts'
import { field, textOf } from '../form.ts'
import { linkTarget } from '../link-evidence.ts'
import type { PortalParts } from '../portal-parts.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { visitOf, type Visit } from '../visit.ts'

const form = z.object({ to: field(16_384).default(''), attempt: field(64).default('') })

/** Whether a card alone is a way in here and now; to link a card to an account, any way that asks for one will do (G19). */
const isOpenAlone = ({ site, address }: Visit, parts: PortalParts, to: string): boolean => {
  const { open } = site.policy.waysAt(parts.clock.now(), address)
  const isLinked = parts.targets.open(site.site.site, to)?.path === linkTarget(site).path
  return open.some(({ methods }) => (isLinked ? methods.includes('cps') : methods[0] === 'cps'))
}

/** Whether a card may be shown now: alone, or after the password of this very sign-in. Where not, that has been answered. */
const isAskedFor = async (parts: PortalParts, request: Request, response: Response): Promise<boolean> => {
  const visit = visitOf(request)
  if (textOf(request.query, 'attempt') !== '') return (await findAttempt(parts, request, response)) !== null
  const to = textOf(request.query, 'to')
  if (isOpenAlone(visit, parts, to)) return true
  parts.pages.go(response, signInHref(visit.site, to))
  return false
}

const linkOf = (request: Request): CardLink => ({
  to: textOf(request.query, 'to'),
  attempt: textOf(request.query, 'attempt'),
})

/** GET: what is about to happen. Nothing asks for a certificate yet. */
export const showCard =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    if (await isAskedFor(parts, request, response)) await showCardPage(parts, response, linkOf(request))
  }

/** GET: why the card let nobody in. */
export const showRefusedCard =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    if (!(await isAskedFor(parts, request, response))) return
    const { query } = request
    await showCardRefused(parts, response, linkOf(request), {
      why: textOf(query, 'why'),
      reference: textOf(query, 'ref'),
    })
  }

interface Asked {
  readonly browser: string
  readonly link: CardLink
}

/** What the form asks for; null once its refusal has been answered. */
const takeAsked = async (parts: PortalParts, request: Request, response: Response): Promise<Asked | null> => {
  const visit = visitOf(request)
  if (textOf(request.body, 'attempt') !== '') {
    const here = await takeAttempt(parts, request, response, form)
    return here === null ? null : { browser: here.visitor.browser, link: here.fields }
  }
  const taken = await takeFormOrAnswer(parts, response, form)
  if (taken === null) return null
  if (isOpenAlone(visit, parts, taken.fields.to)) return { browser: browserDigest(taken.browser), link: taken.fields }
  parts.pages.go(response, signInHref(visit.site, taken.fields.to))
  return null
}

/** POST: on to the card listener, with a handle that serves once. */
export const takeCard =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request).site
    const asked = await takeAsked(parts, request, response)
    if (asked === null) return
    const { browser, link } = asked
    const { address } = site.cps
    if (address === undefined) throw new Error(`site ${site.site} has no cps.address`)
    const attempt = link.attempt === '' ? null : digest(link.attempt)
    const journey = await parts.cards.begin({ site: site.site, browser, to: link.to, attempt })
    parts.pages.go(response, cardListenerHref(address, journey, link.attempt))
  }
