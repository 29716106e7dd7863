import { createHash } from 'node:crypto'
import { cardOrigin } from '../../policy/card-address.ts'
import type { PortalSite } from '../visit.ts'
import type { CardReason } from './journeys.ts'

/** What a link of the card journey carries on: where the person was going, and the sign-in that the card completes. */
export interface CardLink {
  /** Sealed target. */
  readonly to: string
  /** Handle of the attempt; empty when the card is to say who it is. */
  readonly attempt: string
}

const queryOf = ({ to, attempt }: CardLink): Record<string, string> => ({
  ...(attempt === '' ? {} : { attempt }),
  ...(to === '' ? {} : { to }),
})

const withQuery = (path: string, fields: Record<string, string>): string => {
  const query = new URLSearchParams(fields).toString()
  return query === '' ? path : `${path}?${query}`
}

/** The page that says what is about to happen. */
export const cardHref = ({ prefix }: PortalSite, link: CardLink): string => withQuery(`${prefix}/card`, queryOf(link))

/** The page that says why a card let nobody in. @param reference under which the trail has it */
export const cardRefusedHref = ({ prefix }: PortalSite, link: CardLink, why: CardReason, reference: string): string =>
  withQuery(`${prefix}/card/refused`, { why, ref: reference, ...queryOf(link) })

/**
 * Where the card is shown. The name of this try, where names are free, is made of the handle: no browser has met it before,
 * so that it remembers neither a choice of certificate nor that there was none (R36).
 */
export const cardListenerHref = (address: string, journey: string, attempt: string): string => {
  const label = createHash('sha256').update(journey).digest('hex').slice(0, 16)
  return withQuery(`${cardOrigin(address, label)}/`, { journey, ...(attempt === '' ? {} : { attempt }) })
}
