import type { CardReason } from './journeys.ts'

interface CardModel {
  readonly action: string
  readonly csrf: string
  readonly to: string
  /** Handle of the attempt; empty when the card is to say who it is. */
  readonly attempt: string
  /** Who is signed in in this browser. */
  readonly signedInAs: string | null
  readonly otherHref: string
  /** Where the site's people find what their computer needs. */
  readonly help: { readonly cryptolib: string; readonly firefox: string }
}

export interface CardPageModels {
  /** « Insérez votre carte, puis continuez ». */
  card: CardModel
  /** Why a card let nobody in; the next try begins here. */
  'card-refused': CardModel & { readonly reason: CardReason; readonly reference: string }
}
