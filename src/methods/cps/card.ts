/** TRE_G02 of the ANS: CPE stands for the « directeur » variant CDE too. */
export const CARD_KINDS = ['CPS', 'CPF', 'CPE', 'CPA'] as const
export type CardKind = (typeof CARD_KINDS)[number]

/** A card that was judged to be whole, in force, and of one person. */
export interface Card {
  /** PS_IdNat. */
  readonly nationalId: string
  readonly kind: CardKind
  /** Of its certificate: upper-case hexadecimal. */
  readonly serial: string
  /** Of its certificate: one line, for the trail; nothing is decided by it. */
  readonly issuer: string
  readonly familyName: string
  readonly givenName: string
}

/** Why a card opens nothing; the list is closed, and each has a page of its own or shares one. */
export const CARD_REFUSALS = [
  // No certificate can be read from it.
  'malformed',
  'expired',
  'not-yet-valid',
  'revoked',
  // Not from an authority that issues cards here, or not in a way that can be believed.
  'untrusted',
  // The other certificate of the card, which signs documents, or one made for something else.
  'not-for-authentication',
  // A card of a service: it says where, not who.
  'not-personal',
  'kind-not-accepted',
  // It may be somebody's, but whose cannot be told with certainty.
  'identity-unreadable',
  // Nobody can say today whether it was revoked.
  'revocation-unknown',
] as const
export type CardRefusalReason = (typeof CARD_REFUSALS)[number]

export interface CardRefusal {
  readonly reason: CardRefusalReason
  /** What exactly, for log and trail; never shown. */
  readonly cause: string
  /** Of the certificate, where they could be read. */
  readonly serial: string | null
  readonly issuer: string | null
}

/** A refusal before it is known whose certificate it is about. */
export interface CardFault {
  readonly reason: CardRefusalReason
  readonly cause: string
}
