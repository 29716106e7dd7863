import type { Account } from '../accounts/directory.ts'
import type { AuditTrail } from '../audit/events.ts'
import { refuse, type Result } from '../lib/result.ts'
import type { FlowSite } from './flow-site.ts'
import type { IdentifyingMethod } from './method.ts'
import type { Throttle } from './throttle.ts'
import { personOf, traceOf, whoIs } from './trace.ts'
import type { Visitor } from './visitor.ts'

export interface IdentifyParts {
  readonly throttle: Throttle
  readonly password: IdentifyingMethod<{ login: string; password: string }>
  readonly trail: AuditTrail
}

export type NotIdentified =
  /** One text for every cause: unknown, wrong, disabled (C-01). */
  { readonly reason: 'refused' } | { readonly reason: 'throttled'; readonly wait: number }

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
    trail.record({ event: 'sign-in.throttled', method: 'password', ...traceOf(at, visitor) })
    return refuse({ reason: 'throttled', wait: admitted.reason.wait })
  }
  const identified = await password.identify(at.realm, given)
  if (identified.ok) {
    await throttle.clear('password', who)
    trail.record({ event: 'sign-in.password-accepted', ...personOf(identified.value), ...traceOf(at, visitor) })
    return identified
  }
  const { cause, account } = identified.reason
  await throttle.failed('password', who)
  trail.record({
    event: 'sign-in.password-refused',
    detail: cause,
    ...(account === null ? {} : personOf(account)),
    ...traceOf(at, visitor),
  })
  return refuse({ reason: 'refused' })
}
