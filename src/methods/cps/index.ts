import type { CardSettings } from '../../config/instance.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import { createAuthorities } from './authorities.ts'
import { createCardJudge, type CardJudge } from './judge.ts'
import type { HeldLists } from './lists/held-lists.ts'
import { createOcspAnswers, NO_OCSP } from './ocsp/answers.ts'
import { createRevocation } from './revocation.ts'

export type { Card, CardRefusal, CardRefusalReason } from './card.ts'
export type { CardJudge, PresentedCard } from './judge.ts'

export interface CardParts {
  readonly lists: Pick<HeldLists, 'of'>
  readonly clock: Clock
  readonly random: Random
}

/** The judge of cards of an instance. Whoever loads this file loads the readers of ASN.1 with it. */
export const createCards = (settings: CardSettings, { lists, clock, random }: CardParts): CardJudge => {
  const { use } = settings.ocsp
  const ocsp = use === 'never' ? NO_OCSP : createOcspAnswers({ settings: settings.ocsp, lists, clock, random })
  return createCardJudge({
    authorities: createAuthorities(settings.authorities, settings.issuers),
    purpose: settings,
    revocation: createRevocation({ lists, ocsp, use, stale: settings.stale, clock }),
    clock,
  })
}
