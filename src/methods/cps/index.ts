import type { CardSettings } from '../../config/instance.ts'
import type { Clock } from '../../lib/clock.ts'
import { createAuthorities } from './authorities.ts'
import { createCardJudge, type CardJudge } from './judge.ts'
import type { HeldLists } from './lists/held-lists.ts'
import { NO_OCSP } from './ocsp/answers.ts'
import { createRevocation } from './revocation.ts'

export type { Card, CardRefusal, CardRefusalReason } from './card.ts'
export type { CardJudge, PresentedCard } from './judge.ts'

export interface CardParts {
  readonly lists: Pick<HeldLists, 'of'>
  readonly clock: Clock
}

/** The judge of cards of an instance. Whoever loads this file loads the readers of ASN.1 with it. */
export const createCards = (settings: CardSettings, { lists, clock }: CardParts): CardJudge => {
  const { use } = settings.ocsp
  return createCardJudge({
    authorities: createAuthorities(settings.authorities, settings.issuers),
    purpose: settings,
    revocation: createRevocation({ lists, ocsp: NO_OCSP, use, stale: settings.stale, clock }),
    clock,
  })
}
