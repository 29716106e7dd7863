import type { Account } from '../../accounts/directory.ts'
import type { PendingCall } from '../../methods/contextual-call/pending.ts'
import type { ContextualCall } from '../../policy/contextual-call.ts'
import type { LiveSession } from '../../session/cache.ts'

/** What a call meets in the browser that brought it. */
export type Meeting =
  /** Nobody, or nothing that it would disturb. */
  | 'nothing'
  /** Somebody else is signed in: never one person's session on another's patient (R28, S-20). */
  | 'other-person'
  /** The same person, with another patient open. */
  | 'other-patient'

export const meetingOf = (
  live: LiveSession | null,
  account: Pick<Account, 'id'>,
  call: Pick<PendingCall, 'patient'>,
  policy: Pick<ContextualCall, 'second-patient'>,
): Meeting => {
  if (live === null) return 'nothing'
  if (live.record.account !== account.id) return 'other-person'
  const open = live.record.call
  const isOther = open !== undefined && open.patient !== call.patient
  return isOther && policy['second-patient'] === 'replace' ? 'other-patient' : 'nothing'
}

/** What is done about it once the person has agreed to what they were shown. */
export type Arrangement =
  /** The session stays as it is, and the record opens in it. */
  | 'beside'
  /** The person has proved more by themselves: a new session with all of that, for this patient. */
  | 'carry-over'
  /** The call is what proves who they are. */
  | 'present'

export const arrangementOf = (
  live: LiveSession | null,
  account: Pick<Account, 'id'>,
  { deliver, 'second-patient': second }: ContextualCall,
): Arrangement => {
  if (live === null || live.record.account !== account.id) return 'present'
  const isOfSession = deliver.as === 'headers' || Object.keys(deliver.ctx).length > 0
  if (second === 'beside' && !isOfSession) return 'beside'
  return live.record.methods[0] === 'contextual-call' ? 'present' : 'carry-over'
}
