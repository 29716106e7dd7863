import type { Account } from '../accounts/directory.ts'
import type { AuditTrail } from '../audit/events.ts'
import { refuse, type Result } from '../lib/result.ts'
import type { FlowSite } from './flow-site.ts'
import type { IdentifyingMethod } from './method.ts'
import type { Throttle, Throttled, Try } from './throttle.ts'
import { personOf, recordWave, traceOf, whoIs } from './trace.ts'
import type { Visitor } from './visitor.ts'

export interface IdentifyParts {
  readonly throttle: Throttle
  readonly password: IdentifyingMethod<{ login: string; password: string; from: string }>
  readonly trail: AuditTrail
}

export type NotIdentified =
  /** One text for every cause: unknown, wrong, disabled (C-01). */
  { readonly reason: 'refused' } | ({ readonly reason: 'throttled' } & Throttled)

/** What could not be judged, because something is away or too busy, was no try. */
export const judged = async <Value>(tried: Try, judge: () => Promise<Value>): Promise<Value> => {
  try {
    return await judge()
  } catch (thrown) {
    // A store that is away as well has the try counted; it is not the fault to tell.
    await tried.giveBack().catch(() => undefined)
    throw thrown
  }
}

/**
 * Finds out who somebody is by password. Counted before it is judged, recorded with its real cause, refused with one.
 */
export const identify = async (
  { throttle, password, trail }: IdentifyParts,
  at: FlowSite,
  visitor: Visitor,
  given: { login: string; password: string },
): Promise<Result<Account, NotIdentified>> => {
  const who = whoIs(at, visitor, given.login)
  const admitted = await throttle.admit('password', who)
  if (!admitted.ok) {
    const { because } = admitted.reason
    trail.record({ event: 'sign-in.throttled', method: 'password', detail: because, ...traceOf(at, visitor) })
    return refuse({ reason: 'throttled', ...admitted.reason })
  }
  const tried = admitted.value
  const identified = await judged(tried, () => password.identify(at.realm, { ...given, from: tried.from }))
  if (identified.ok) {
    await tried.giveBack()
    trail.record({ event: 'sign-in.password-accepted', ...personOf(identified.value), ...traceOf(at, visitor) })
    return identified
  }
  const { cause, account } = identified.reason
  recordWave(trail, at, visitor, await tried.failed())
  trail.record({
    event: 'sign-in.password-refused',
    detail: cause,
    ...(account === null ? {} : personOf(account)),
    ...traceOf(at, visitor),
  })
  return refuse({ reason: 'refused' })
}
