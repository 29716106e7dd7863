import type { PasswordHolder } from '../accounts/own-passwords.ts'
import type { FlowSite } from '../sign-in/flow-site.ts'
import { personOf, traceOf, whoIs } from '../sign-in/trace.ts'
import type { Visitor } from '../sign-in/visitor.ts'
import type { PasswordParts } from './parts.ts'

/** By which door a password was changed; the trail says it. */
export type ChangedBy = 'reset' | 'own-wish' | 'first-use' | 'expired'

export interface Changed {
  readonly at: FlowSite
  readonly visitor: Visitor
  readonly holder: PasswordHolder
  readonly by: ChangedBy
  readonly keep?: string
}

/**
 * What follows whenever somebody has changed their password: the trail, a notice (C-14), whole budgets for signing in, and
 * the end of everything that the former password had opened (T-23).
 * @throws when something could not be ended; the password is changed all the same
 */
export const afterChange = async (parts: PasswordParts, { at, visitor, holder, by, keep }: Changed): Promise<void> => {
  const { account } = holder
  parts.trail.record({ event: 'password.changed', detail: by, ...personOf(account), ...traceOf(at, visitor) })
  const change = { account, at, visitor, ...(keep === undefined ? {} : { keep }) }
  // Each is tried, whatever becomes of the others.
  const outcomes = await Promise.allSettled([
    ...parts.onChanged.map((listener) => listener(change)),
    parts.throttle.clear(whoIs(at, visitor, account.login)),
  ])
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
