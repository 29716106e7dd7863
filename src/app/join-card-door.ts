import type { CardJudge } from '../methods/cps/judge.ts'
import { createCardDoor, type CardArrival } from '../portal/card/door.ts'
import type { PortalSite } from '../portal/visit.ts'
import type { Foundations } from './foundations.ts'
import type { JoinedPages } from './join-pages.ts'

/** What stands behind the listener of cards; null where nobody judges any. */
export const joinCardDoor = (
  { trail }: Pick<Foundations, 'trail'>,
  { cards, refusals, views }: Pick<JoinedPages, 'cards' | 'refusals' | 'views'>,
  judge: CardJudge | null,
  sites: readonly PortalSite[],
): ((arrival: CardArrival) => void) | null => {
  if (judge === null) return null
  const byName = new Map(sites.map((site) => [site.site.site, site]))
  return createCardDoor({ journeys: cards, judge, siteOf: (name) => byName.get(name), refusals, views, trail })
}
