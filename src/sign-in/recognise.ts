import type { ReturnTarget } from '../lib/return-target.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import { progress } from './asking.ts'
import type { FlowSite } from './flow-site.ts'
import { judged } from './identify.ts'
import type { Throttled } from './throttle.ts'
import { personOf, recordWave, traceOf } from './trace.ts'
import { standing, type FlowParts, type Progress } from './under-way.ts'
import type { Visitor } from './visitor.ts'

export type RecognitionRefusal =
  /** One for every cause: nobody's passkey, a wrong statement, a closed account, a way that is not this person's (C-01). */
  | { readonly reason: 'refused' }
  /** The page was left too long, or has served. */
  | { readonly reason: 'expired' }
  | ({ readonly reason: 'throttled' } & Throttled)
  /** No way begins like this today. */
  | { readonly reason: 'way-closed' }

/**
 * Signs in by what names its owner itself. The budget of tries is that of the credential that is claimed and of the place,
 * never of the account: whoever knows a login cannot spend it (C-05), and nobody's credential costs what somebody's does.
 */
export const recognisePerson = async (
  parts: FlowParts,
  at: FlowSite,
  visitor: Visitor,
  given: string,
  target: ReturnTarget,
): Promise<Result<Progress & { readonly handle: string }, RecognitionRefusal>> => {
  const { recognising, throttle, trail, attempts } = parts
  const trace = { method: recognising.id, ...traceOf(at, visitor) }
  if (!at.ways.open.some(({ methods }) => methods[0] === recognising.id)) {
    trail.record({ event: 'sign-in.refused', detail: 'way-closed', ...trace })
    return refuse({ reason: 'way-closed' })
  }
  const claim = recognising.claimOf(given)
  const who = {
    realm: at.realm,
    login: `${recognising.id} ${claim ?? ''}`,
    address: visitor.address,
    shown: visitor.shown,
  }
  const admitted = await throttle.admit('password', who)
  if (!admitted.ok) {
    trail.record({ event: 'sign-in.throttled', detail: admitted.reason.because, ...trace })
    return refuse({ reason: 'throttled', ...admitted.reason })
  }
  const tried = admitted.value
  const recognised = await judged(tried, () => recognising.recognise(at, visitor.browser, given))
  if (!recognised.ok) {
    const { reason } = recognised
    const detail = reason.reason === 'expired' ? 'expired' : reason.cause
    const person = reason.reason === 'expired' || reason.account === null ? {} : personOf(reason.account)
    recordWave(trail, at, visitor, await tried.failed())
    trail.record({ event: 'sign-in.passkey-refused', detail, ...person, ...trace })
    return refuse({ reason: reason.reason === 'expired' ? 'expired' : 'refused' })
  }
  const account = recognised.value
  await tried.giveBack()
  await throttle.clear(who)
  const { handle, attempt } = await attempts.begin({
    browser: visitor.browser,
    site: at.site.site,
    realm: at.realm,
    account: account.id,
    proved: [recognising.id],
    asking: null,
    then: null,
    target,
  })
  const { stage } = await standing(parts, at, attempt, account)
  if (stage.kind === 'proven' || stage.kind === 'obliged') {
    trail.record({ event: 'sign-in.passkey-accepted', ...personOf(account), ...trace })
    const ended = await progress(parts, at, visitor, attempt, account)
    return ended.ok ? accept({ ...ended.value, handle }) : refuse({ reason: 'expired' })
  }
  // Right, but the ways that it completes are for others (roles), or have ended.
  await attempts.finish(attempt)
  trail.record({ event: 'sign-in.passkey-refused', detail: 'not-enrolled', ...personOf(account), ...trace })
  return refuse({ reason: 'refused' })
}
