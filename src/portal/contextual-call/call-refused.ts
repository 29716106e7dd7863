import type { Response } from 'express'
import { CALL_REASONS, type CallReason } from '../../methods/contextual-call/reasons.ts'
import type { PendingCall } from '../../methods/contextual-call/pending.ts'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf } from '../visit.ts'

export interface RefusedCall {
  readonly reason: CallReason
  readonly partner: string | null
  readonly isTest: boolean
  readonly fields?: readonly string[]
  /** Keyed digest of the patient, as far as the call was read. */
  readonly patient?: string | null
  /** What its arrival was called, when it got further than that. */
  readonly reference?: string
  readonly account?: { readonly id: string; readonly login: string } | null
}

/** Of the partner, the patient and the reason, in the order that `contextual-call export` and `explain` read. */
export const detailOf = (
  partner: string | null,
  patient: string | null | undefined,
  ...more: readonly string[]
): string => [partner ?? '-', `patient:${patient ?? '-'}`, ...more].join(' ')

/** What a refused call is told of once it was taken. */
export const refusedOf = ({ partner, isTest, patient, reference }: PendingCall, reason: CallReason): RefusedCall => ({
  ...{ reason, partner, isTest, patient, reference },
})

export const recordRefusedCall = (parts: PortalParts, response: Response, refused: RefusedCall): void => {
  const { site, address, reference } = visitOf(response.req)
  const { partner, patient, reason, fields = [], account } = refused
  parts.countCall(site.site.site, partner ?? '', reason)
  parts.trail.record({
    event: 'call.refused',
    site: site.site.site,
    method: 'contextual-call',
    detail: detailOf(partner, patient, reason, ...fields),
    reference: refused.reference ?? reference,
    ...(account === undefined || account === null ? {} : { account: account.id, login: account.login }),
    ...(address === undefined ? {} : { address }),
  })
}

/** One page, one status for everything; the trail and the log know which it was. */
export const answerRefusedCall = (parts: PortalParts, response: Response, refused: RefusedCall): void => {
  const { reference } = visitOf(response.req)
  recordRefusedCall(parts, response, refused)
  const { reason, isTest, fields = [] } = refused
  const told = isTest ? { reason, means: CALL_REASONS[reason], fields } : null
  parts.pages.show(response, 'call-refused', { reference: refused.reference ?? reference, told }, 403)
}
