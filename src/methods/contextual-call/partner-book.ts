import { createAddressList, isInList } from '../../lib/address.ts'
import { calendarDay } from '../../lib/calendar.ts'
import { compilePatterns } from '../../policy/match.ts'
import type { Partner } from '../../policy/partners.ts'
import type { KeySource } from '../../identity/jws/key-source.ts'
import type { ArrivedCall } from './call.ts'
import type { CallReason } from './reasons.ts'

/** How links of a partner are verified. */
export type VerifyLink = (text: string, signature: Buffer) => boolean

/** A partner, ready to be asked. */
export interface RegisteredPartner {
  readonly partner: Partner
  readonly keys: KeySource
  readonly verifyLink: VerifyLink | null
  readonly mayTarget: (path: string) => boolean
  /** Why nothing of it is taken at this moment and from there; null when it is. */
  whyNot(arrived: ArrivedCall, isSuspended: boolean): CallReason | null
}

const createStanding = (partner: Partner, allowsGet: boolean) => {
  const networks = partner.networks === undefined ? undefined : createAddressList(partner.networks)
  return ({ now, address, method }: ArrivedCall, isSuspended: boolean): CallReason | null => {
    const today = calendarDay(now)
    if (partner.suspended || isSuspended) return 'partner-suspended'
    if (partner.from !== undefined && today < partner.from) return 'partner-not-yet'
    if (partner.until !== undefined && today > partner.until) return 'partner-over'
    if (method === 'GET' && !(allowsGet && partner.get)) return 'method-refused'
    const isInside = networks === undefined || (address !== undefined && isInList(networks, address))
    return isInside ? null : 'network-refused'
  }
}

export const registerPartner = (
  partner: Partner,
  keys: KeySource,
  verifyLink: VerifyLink | null,
  allowsGet: boolean,
): RegisteredPartner => ({
  partner,
  keys,
  verifyLink,
  mayTarget: compilePatterns(partner.targets ?? []),
  whyNot: createStanding(partner, allowsGet),
})
