import type { Response } from 'express'
import { signInHref } from '../destination.ts'
import { liveSession } from '../live.ts'
import type { PageModels } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf, type PortalSite } from '../visit.ts'
import type { CardLink } from './addresses.ts'
import { CARD_REASONS, type CardReason } from './journeys.ts'

/** Beside the card: what else the password could be followed by, or how else one may sign in. */
const otherHref = (site: PortalSite, { attempt, to }: CardLink): string =>
  attempt === ''
    ? signInHref(site, to)
    : `${site.prefix}/sign-in/choice?${new URLSearchParams({ attempt, to }).toString()}`

const commonModel = async (parts: PortalParts, response: Response, link: CardLink): Promise<PageModels['card']> => {
  const visit = visitOf(response.req)
  const live = await liveSession(visit)
  return {
    action: `${visit.site.prefix}/card`,
    csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
    to: link.to,
    attempt: link.attempt,
    signedInAs: live?.record.name ?? null,
    otherHref: otherHref(visit.site, link),
    help: visit.site.site.cps.help,
  }
}

/** « Insérez votre carte, puis continuez ». */
export const showCardPage = async (parts: PortalParts, response: Response, link: CardLink): Promise<void> => {
  parts.pages.show(response, 'card', await commonModel(parts, response, link))
}

/** Reasons come by the address, so that the page can be loaded again: a word that is none of them is one that says nothing. */
const reasonOf = (why: string): CardReason => CARD_REASONS.find((reason) => reason === why) ?? 'over'

/** As the gate makes them (lib/reference); anything else that stands in the address is not repeated. */
const REFERENCE = /^[0-9A-Z]{6}-[0-9A-Z]{5,10}$/

/** Why a card let nobody in, and what to do: the next try begins here (R36). */
export const showCardRefused = async (
  parts: PortalParts,
  response: Response,
  link: CardLink,
  said: { readonly why: string; readonly reference: string },
): Promise<void> => {
  const model = await commonModel(parts, response, link)
  const reference = REFERENCE.test(said.reference) ? said.reference : visitOf(response.req).reference
  parts.pages.show(response, 'card-refused', { ...model, reason: reasonOf(said.why), reference }, 403)
}
