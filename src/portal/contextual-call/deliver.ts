import type { Response } from 'express'
import type { SiteCalls } from '../../methods/contextual-call/index.ts'
import { pairsOf, queryAddress } from '../../methods/contextual-call/encode.ts'
import type { PendingCall } from '../../methods/contextual-call/pending.ts'
import type { LiveSession } from '../../session/cache.ts'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf } from '../visit.ts'
import { dropCallCookie } from './call-cookie.ts'
import { answerRefusedCall, detailOf, refusedOf } from './call-refused.ts'

/** A call that somebody is signed in for, and who. */
export interface Deliverable {
  readonly calls: SiteCalls
  readonly name: string
  readonly call: PendingCall
  readonly session: Pick<LiveSession, 'digest'> & { readonly account: string; readonly login: string }
}

const record = (parts: PortalParts, response: Response, { call, session }: Deliverable): void => {
  const { site, address } = visitOf(response.req)
  parts.countCall(site.site.site, call.partner, 'opened')
  parts.trail.record({
    event: 'call.opened',
    site: site.site.site,
    account: session.account,
    login: session.login,
    session: session.digest,
    method: 'contextual-call',
    detail: detailOf(call.partner, call.patient),
    reference: call.reference,
    ...(address === undefined ? {} : { address }),
  })
}

/** Tells the application what was verified, and nothing else; once. */
export const deliverCall = async (parts: PortalParts, response: Response, ready: Deliverable): Promise<void> => {
  const { calls, name, call } = ready
  dropCallCookie(response, name)
  if (!(await calls.pending.take(name))) {
    parts.pages.show(response, 'call-gone', { continueHref: '/' }, 410)
    return
  }
  const { deliver } = calls.policy
  const path = call.target ?? deliver.path
  const address = queryAddress(deliver, path, call.values)
  if (!address.ok) {
    answerRefusedCall(parts, response, refusedOf(call, address.reason))
    return
  }
  record(parts, response, ready)
  if (deliver.as === 'form')
    parts.pages.show(response, 'call-form', {
      action: path,
      charset: deliver.charset,
      fields: pairsOf(deliver, call.values),
    })
  else parts.pages.go(response, deliver.as === 'query' ? address.value : path)
}
