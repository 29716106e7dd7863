import { rememberFor } from '../policy/remember-device.ts'
import type { MethodId } from '../policy/schema.ts'
import type { Account } from '../accounts/directory.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { Attempt } from './attempt.ts'
import type { FlowSite } from './flow-site.ts'
import type { BeginRefusal, Offer, OfferedMethod, Question } from './method.ts'
import { firstOffer, type ConfirmingMethods, type Stage } from './stage.ts'
import { personOf, traceOf, whoIs } from './trace.ts'
import { standing, type FlowParts, type GoesOn, type Progress, type UnderWay } from './under-way.ts'
import type { Visitor } from './visitor.ts'

export const questionOf = (
  { site, origin }: FlowSite,
  visitor: Visitor,
  { attempt, account }: Pick<UnderWay, 'attempt' | 'account'>,
  { choice }: Offer,
): Question => ({ site, origin, attempt, account, visitor, choice })

export const methodOf = (confirming: ConfirmingMethods, { method: id }: Offer): OfferedMethod => {
  const method = confirming[id]
  if (method === undefined) throw new Error(`nothing can ask for ${id}`)
  return method
}

/** Why a sign-in does not go on, for the trail. */
export const recordRefused = (
  { trail }: Pick<FlowParts, 'trail'>,
  at: FlowSite,
  visitor: Visitor,
  detail: string,
  account?: Account,
): void => {
  const person = account === undefined ? {} : personOf(account)
  trail.record({ event: 'sign-in.refused', detail, ...person, ...traceOf(at, visitor) })
}

/** Of two answers in one instant, or of an attempt that was ended before, one goes on. */
export const refuseUsed = (parts: FlowParts, at: FlowSite, visitor: Visitor, account: Account) => {
  recordRefused(parts, at, visitor, 'used', account)
  return refuse({ reason: 'used' as const })
}

/** Puts the question of an offer, the first time or again. */
export const put = async (
  parts: FlowParts,
  at: FlowSite,
  visitor: Visitor,
  underWay: Pick<UnderWay, 'attempt' | 'account'>,
  offer: Offer,
): Promise<Result<undefined, BeginRefusal>> => {
  const begun = await methodOf(parts.confirming, offer).begin(questionOf(at, visitor, underWay, offer))
  if (!begun.ok) recordRefused(parts, at, visitor, begun.reason.reason, underWay.account)
  return begun
}

/** Asks for one of the offers from now on, and puts its question. */
export const ask = async (
  parts: FlowParts,
  at: FlowSite,
  visitor: Visitor,
  { attempt, account }: UnderWay,
  offer: Offer,
  then: MethodId | null = attempt.then,
): Promise<GoesOn> => {
  const asking = { method: offer.method, choice: offer.choice }
  // Somebody else changed it in the same instant: what they asked for stands.
  const changed = (await parts.attempts.change(attempt, { asking, then })) ?? attempt
  const underWay = await standing(parts, at, changed, account)
  if (underWay.stage.kind !== 'answer') return { underWay, delayed: null }
  const begun = await put(parts, at, visitor, underWay, offer)
  return { underWay, delayed: begun.ok ? null : begun.reason }
}

/** Puts the question that needs no choice; otherwise everything stays as it is. */
export const askFirst = async (
  parts: FlowParts,
  at: FlowSite,
  visitor: Visitor,
  underWay: UnderWay,
): Promise<GoesOn> => {
  if (underWay.stage.kind !== 'choose') return { underWay, delayed: null }
  const offer = firstOffer(underWay.stage, await parts.factors.preference(underWay.account.id))
  return offer === undefined ? { underWay, delayed: null } : ask(parts, at, visitor, underWay, offer)
}

/** What could be asked for, whatever is asked for now; null when there is nothing to choose. */
export const choicesOf = async (
  parts: FlowParts,
  at: FlowSite,
  { attempt, account }: UnderWay,
): Promise<Extract<Stage, { kind: 'choose' }> | null> => {
  const { stage } = await standing(parts, at, { ...attempt, asking: null }, account)
  return stage.kind === 'choose' ? stage : null
}

/** After something more was proved, or an obligation met: the end of the attempt, once on all nodes, or its next step. */
export const progress = async (
  parts: FlowParts,
  at: FlowSite,
  visitor: Visitor,
  attempt: Attempt,
  account: Account,
): Promise<Result<Progress, { readonly reason: 'used' }>> => {
  const underWay = await standing(parts, at, attempt, account)
  const { stage } = underWay
  if (stage.kind !== 'proven') return accept({ kind: 'goes-on', ...(await askFirst(parts, at, visitor, underWay)) })
  if (!(await parts.attempts.finish(attempt))) return refuseUsed(parts, at, visitor, account)
  await parts.throttle.clear(whoIs(at, visitor, account.login))
  const { way } = stage
  const { proved, target, then, attached } = attempt
  const remember = attempt.remember === true ? rememberFor(at.site, way) : null
  const level = Math.min(way.level, attempt.maxLevel ?? way.level)
  return accept({ kind: 'proven', proven: { account, way, methods: proved, level, target, then, remember, attached } })
}
