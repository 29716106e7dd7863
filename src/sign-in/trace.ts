import type { Account } from '../accounts/directory.ts'
import { loginKey } from '../accounts/login-key.ts'
import type { AuditEvent, AuditTrail } from '../audit/events.ts'
import type { FlowSite } from './flow-site.ts'
import type { Who } from './throttle.ts'
import type { Visitor } from './visitor.ts'

/** Where something happened, for the audit trail. */
export const traceOf = (at: FlowSite, visitor: Visitor): Pick<AuditEvent, 'site' | 'address' | 'reference'> => ({
  site: at.site.site,
  reference: visitor.reference,
  ...(visitor.address === undefined ? {} : { address: visitor.address }),
})

/** Whom it concerns: a real account, never what was typed. */
export const personOf = (account: Account): Pick<AuditEvent, 'account' | 'login'> => ({
  account: account.id,
  login: account.login,
})

/** So much failed at one place, or on the whole site, that strangers wait there from now on: once each time (C-10). */
export const recordWave = (
  trail: Pick<AuditTrail, 'record'>,
  at: FlowSite,
  visitor: Visitor,
  spent: readonly ('place' | 'site')[],
): void => {
  for (const detail of spent) trail.record({ event: 'sign-in.wave', detail, ...traceOf(at, visitor) })
}

/** Against whose budget a try counts. */
export const whoIs = (at: FlowSite, visitor: Visitor, login: string): Who => {
  const key = loginKey(login)
  // All names that can be nobody's share one budget.
  return { realm: at.realm, login: key.ok ? key.value : '', address: visitor.address, shown: visitor.shown }
}
