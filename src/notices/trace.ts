import type { AuditEvent } from '../audit/events.ts'
import type { Notice } from './notice.ts'

/** What the trail says of a notice, whoever sends it. */
export const traceOf = (
  { kind, account, factors = [] }: Notice,
  site: string,
): Pick<AuditEvent, 'site' | 'account' | 'login' | 'detail' | 'method'> => {
  const [factor, ...others] = new Set(factors.map((one) => one.kind))
  return {
    site,
    account: account.id,
    login: account.login,
    detail: kind,
    ...(factor === undefined || others.length > 0 ? {} : { method: factor }),
  }
}
