import type { Request, Response } from 'express'
import type { Account } from '../../accounts/directory.ts'
import type { PresentRefusal } from '../../sign-in/present.ts'
import type { LiveSession } from '../../session/cache.ts'
import type { CallReason } from '../../methods/contextual-call/reasons.ts'
import type { SiteCalls } from '../../methods/contextual-call/index.ts'
import type { PendingCall } from '../../methods/contextual-call/pending.ts'
import { callDeliveryHref } from '../destination.ts'
import { flowSite } from '../flow-site.ts'
import { openSession } from '../open-session.ts'
import type { PortalParts } from '../portal-parts.ts'
import { goOn } from '../sign-in-steps.ts'
import { visitOf } from '../visit.ts'
import { visitorOf } from '../visitor.ts'
import { answerRefusedCall, refusedOf } from './call-refused.ts'
import { deliverCall } from './deliver.ts'

interface Entering {
  readonly calls: SiteCalls
  readonly name: string
  readonly call: PendingCall
}

const REASONS: Readonly<Record<PresentRefusal['reason'], CallReason>> = {
  'no-account': 'user-unknown',
  'another-person': 'user-unknown',
  'way-closed': 'way-closed',
  'not-enrolled': 'not-enrolled',
  used: 'used',
}

/** The call proves who somebody is: to their session and the record, or to the second factor that they need. */
export const enterByCall = async (
  parts: PortalParts,
  request: Request,
  response: Response,
  { calls, name, call, account }: Entering & { readonly account: Account },
): Promise<void> => {
  const visit = visitOf(request)
  const visitor = visitorOf(visit, parts.browsers.ensure(response))
  const target = { path: callDeliveryHref(visit.site, name), restarts: 0 }
  const presented = await parts.flow.present(
    flowSite(visit, parts.clock),
    visitor,
    {
      method: 'contextual-call',
      identity: call.identity,
      maxLevel: call.level,
      trace: `${call.partner} ${call.finess}`,
      attached: name,
    },
    { target },
  )
  if (!presented.ok) {
    answerRefusedCall(parts, response, { ...refusedOf(call, REASONS[presented.reason.reason]), account })
    return
  }
  const progress = presented.value
  if (progress.kind === 'goes-on') {
    const to = parts.targets.seal(visit.site.site.site, target)
    await goOn(parts, request, response, visitor, progress, { handle: progress.handle, to })
    return
  }
  const digest = await openSession(parts, request, progress.proven, visitor)
  const session = { digest, account: account.id, login: account.login }
  await deliverCall(parts, response, { calls, name, call, session })
}

/**
 * Somebody who has signed in by themselves keeps what they proved: a new session of theirs, with a new id, goes on for this
 * patient, and the one before is over in every tab.
 */
export const reopenForCall = async (
  parts: PortalParts,
  request: Request,
  response: Response,
  live: LiveSession,
  { calls, name, call }: Entering,
): Promise<void> => {
  const { record } = live
  const digest = await parts.lifecycle.start(request, { ...record, call: calls.contextOf(call, name, false) })
  await parts.forms.owners.remember(digest, record, record.endsAt)
  const { account, login } = record
  await deliverCall(parts, response, { calls, name, call, session: { digest, account, login } })
}
