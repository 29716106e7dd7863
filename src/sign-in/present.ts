import type { Account } from '../accounts/directory.ts'
import type { ReturnTarget } from '../lib/return-target.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import { choicesOf, progress } from './asking.ts'
import type { Attempt } from './attempt.ts'
import type { Evidence } from './evidence.ts'
import type { FlowSite } from './flow-site.ts'
import { personOf, traceOf } from './trace.ts'
import { standing, type FlowParts, type Progress, type UnderWay } from './under-way.ts'
import type { Visitor } from './visitor.ts'

/** Where the person was going, and the sign-in under way that the proof is to complete, if it is. */
export interface Presented {
  readonly target: ReturnTarget
  readonly underWay?: UnderWay & { readonly handle: string }
}

export type PresentRefusal =
  /** Nobody whom the site knows, several people, or a closed account: one page for all (K-13, X-09); the trail tells them apart. */
  | { readonly reason: 'no-account' }
  /** Not the person whose password was given. */
  | { readonly reason: 'another-person' }
  /** No way of this kind is open today. */
  | { readonly reason: 'way-closed' }
  /** Known, but no open way of theirs is made of it. */
  | { readonly reason: 'not-enrolled' }
  /** Of two presentations of one attempt, the other one has gone on. */
  | { readonly reason: 'used' }

type Handled = Progress & { readonly handle: string }

const record = (
  { trail }: Pick<FlowParts, 'trail'>,
  at: FlowSite,
  visitor: Visitor,
  { method, trace }: Evidence,
  outcome: { readonly refused: string | null; readonly account: Account | null },
): void => {
  const person = outcome.account === null ? {} : personOf(outcome.account)
  const where = { method, ...person, ...traceOf(at, visitor) }
  if (outcome.refused === null) trail.record({ event: 'sign-in.evidence-accepted', detail: trace, ...where })
  else trail.record({ event: 'sign-in.evidence-refused', detail: `${outcome.refused} ${trace}`, ...where })
}

const worthOf = (
  attempt: Pick<Attempt, 'maxLevel' | 'attached'> | null,
  { method, maxLevel = 3, attached }: Evidence,
): Pick<Attempt, 'maxLevel' | 'attached'> => ({
  maxLevel: Math.min(maxLevel, attempt?.maxLevel ?? 3) as 1 | 2 | 3,
  attached: [...(attempt?.attached ?? []), ...(attached === undefined ? [] : [{ method, reference: attached }])],
})

/** A way that begins with the proof. */
const beginWith = async (
  parts: FlowParts,
  at: FlowSite,
  visitor: Visitor,
  evidence: Evidence,
  account: Account,
  target: ReturnTarget,
): Promise<Result<Handled, PresentRefusal>> => {
  const { handle, attempt } = await parts.attempts.begin({
    browser: visitor.browser,
    site: at.site.site,
    realm: at.realm,
    account: account.id,
    proved: [evidence.method],
    asking: null,
    then: null,
    target,
    ...worthOf(null, evidence),
  })
  const { stage } = await standing(parts, at, attempt, account)
  if (stage.kind === 'stuck') {
    await parts.attempts.finish(attempt)
    return refuse({ reason: 'not-enrolled' })
  }
  const next = await progress(parts, at, visitor, attempt, account)
  return next.ok ? accept({ ...next.value, handle }) : next
}

/** A way that began with a password, and asks for the proof of the same person. */
const continueWith = async (
  parts: FlowParts,
  at: FlowSite,
  visitor: Visitor,
  evidence: Evidence,
  account: Account,
  underWay: UnderWay & { readonly handle: string },
): Promise<Result<Handled, PresentRefusal>> => {
  const { attempt, handle } = underWay
  if (account.id !== underWay.account.id) return refuse({ reason: 'another-person' })
  const choices = await choicesOf(parts, at, underWay)
  if (choices?.offers.some(({ method }) => method === evidence.method) !== true)
    return refuse({ reason: 'not-enrolled' })
  const proved = [...attempt.proved, evidence.method]
  const changed = await parts.attempts.change(attempt, { proved, asking: null, ...worthOf(attempt, evidence) })
  if (changed === null) return refuse({ reason: 'used' })
  const next = await progress(parts, at, visitor, changed, account)
  return next.ok ? accept({ ...next.value, handle }) : next
}

/**
 * Goes on with a proof that names its person. Nothing here is guessed at, so nothing is counted: whoever made the proof has
 * been judged before, by its own method.
 */
export const presentEvidence = async (
  parts: FlowParts,
  at: FlowSite,
  visitor: Visitor,
  evidence: Evidence,
  { target, underWay }: Presented,
): Promise<Result<Handled, PresentRefusal>> => {
  const isFirst = underWay === undefined
  if (isFirst && !at.ways.open.some(({ methods }) => methods[0] === evidence.method)) {
    record(parts, at, visitor, evidence, { refused: 'way-closed', account: null })
    return refuse({ reason: 'way-closed' })
  }
  const found = await parts.identities.find(at.realm, evidence.identity)
  if (!found.ok) {
    const { cause, account } = found.reason
    record(parts, at, visitor, evidence, { refused: cause, account })
    return refuse({ reason: 'no-account' })
  }
  const account = found.value
  const went = isFirst
    ? await beginWith(parts, at, visitor, evidence, account, target)
    : await continueWith(parts, at, visitor, evidence, account, underWay)
  record(parts, at, visitor, evidence, { refused: went.ok ? null : went.reason.reason, account })
  return went
}
