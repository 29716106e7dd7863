import type { Account } from '../accounts/directory.ts'
import type { Preference } from '../accounts/factors.ts'
import type { MethodId, Site, Way } from '../policy/schema.ts'
import type { Attempt } from './attempt.ts'
import type { FlowSite } from './flow-site.ts'
import type { ConfirmingMethod, Offer, OfferedMethod } from './method.ts'
import type { Obligation, ObligationOf } from './obligation.ts'
import { completedWay, nextMethods, waysFor, type AccountWays } from './way.ts'

/** Where a sign-in stands: always computed from what is proved and what is allowed now, never remembered. */
export type Stage =
  /** One of these is to be chosen; what could be enrolled beside them. */
  | { readonly kind: 'choose'; readonly offers: readonly Offer[]; readonly enrolable: readonly MethodId[] }
  /** This one is asked for; whether another could be. */
  | { readonly kind: 'answer'; readonly offer: Offer; readonly hasOthers: boolean }
  | { readonly kind: 'obliged'; readonly obligation: Obligation }
  /** Everything is proved. */
  | { readonly kind: 'proven'; readonly way: Way }
  /** The account has nothing that could be asked for. */
  | { readonly kind: 'stuck' }

export type ConfirmingMethods = Readonly<Partial<Record<MethodId, ConfirmingMethod | OfferedMethod>>>

export interface StageParts {
  readonly confirming: ConfirmingMethods
  /** Methods that a person can enrol alone, with a fresh proof of another one. */
  readonly enrolable: readonly MethodId[]
  readonly obligationOf: ObligationOf
}

const offersOf = async (
  { confirming }: StageParts,
  site: Site,
  account: Account,
  methods: readonly MethodId[],
): Promise<readonly Offer[]> => {
  const known = methods.map((method) => confirming[method]).filter((method) => method !== undefined)
  return (await Promise.all(known.map((method) => method.offers(site, account)))).flat()
}

/** What an account can be asked for after its password, by these ways. */
export type OffersOf = (site: Site, account: Account, open: readonly Way[]) => Promise<readonly Offer[]>

export const createOffers =
  (parts: StageParts): OffersOf =>
  (site, account, open) =>
    offersOf(parts, site, account, nextMethods(waysFor({ open, inGrace: [] }, account.roles).open, ['password']))

/** Methods that open ways ask for next, that can be enrolled alone, and that the account does not have. */
const missing = (parts: StageParts, next: readonly MethodId[], offers: readonly Offer[]): readonly MethodId[] =>
  next.filter((method) => parts.enrolable.includes(method) && !offers.some((offer) => offer.method === method))

const asked = ({ asking }: Attempt, offers: readonly Offer[]): Offer | undefined =>
  asking === null
    ? undefined
    : offers.find(({ method, choice }) => method === asking.method && choice === asking.choice)

/** A way that is over still proves who it is, so that another method can take its place: never a dead end (G8). */
const stageInGrace = async (
  parts: StageParts,
  at: FlowSite,
  attempt: Attempt,
  account: Account,
  ways: AccountWays,
): Promise<Stage> => {
  const methods = missing(parts, nextMethods(ways.open, attempt.proved), [])
  if (methods.length === 0) return { kind: 'stuck' }
  if (completedWay(ways.inGrace, attempt.proved) !== null)
    return { kind: 'obliged', obligation: { kind: 'new-method', methods } }
  const offers = await offersOf(parts, at.site, account, nextMethods(ways.inGrace, attempt.proved))
  const offer = asked(attempt, offers)
  if (offer !== undefined) return { kind: 'answer', offer, hasOthers: offers.length > 1 }
  return offers.length === 0 ? { kind: 'stuck' } : { kind: 'choose', offers, enrolable: [] }
}

/** Where an attempt stands now. */
export const stageOf = async (parts: StageParts, at: FlowSite, attempt: Attempt, account: Account): Promise<Stage> => {
  const ways = waysFor(at.ways, account.roles)
  const way = completedWay(ways.open, attempt.proved)
  if (way !== null) {
    const obligation = await parts.obligationOf(at, account, attempt)
    return obligation === null ? { kind: 'proven', way } : { kind: 'obliged', obligation }
  }
  const next = nextMethods(ways.open, attempt.proved)
  const offers = await offersOf(parts, at.site, account, next)
  if (offers.length === 0) return stageInGrace(parts, at, attempt, account, ways)
  const offer = asked(attempt, offers)
  return offer === undefined
    ? { kind: 'choose', offers, enrolable: missing(parts, next, offers) }
    : { kind: 'answer', offer, hasOthers: offers.length > 1 }
}

/** What is asked for without a choice: what the person asked to be asked first, or the only thing there is. */
export const firstOffer = (
  { offers, enrolable }: Extract<Stage, { kind: 'choose' }>,
  preference: Preference | null,
): Offer | undefined => {
  const preferred = offers.find(({ method, choice }) => method === preference?.method && choice === preference.choice)
  return preferred ?? (offers.length === 1 && enrolable.length === 0 ? offers[0] : undefined)
}
