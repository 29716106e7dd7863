/** The closed list of what is recorded. A name is never reused; nothing outside this list is written to the trail. */
export const EVENTS = [
  'sign-in.password-accepted',
  'sign-in.password-refused',
  'sign-in.code-sent',
  'sign-in.code-refused',
  'sign-in.throttled',
  'sign-in.refused',
  'session.started',
  'session.ended',
  'session.revoked',
  'form.kept',
  'form.sent',
  'form.dropped',
  'access.denied',
  'request.refused',
  'account.added',
  'account.disabled',
  'account.enabled',
  'account.password-set',
  'account.email-set',
  'key.rotated',
] as const
export type EventName = (typeof EVENTS)[number]

/** Who, how, when, from where, with what result. Never a password, a code, a secret or a patient. */
export interface AuditEvent {
  readonly event: EventName
  readonly site?: string
  readonly account?: string
  readonly login?: string
  readonly way?: string
  readonly method?: string
  readonly address?: string
  readonly session?: string
  /** Typed reason of a refusal, rule id, or actor of a command. */
  readonly detail?: string
  /** What the visitor can quote: the same reference is on the page (R33). */
  readonly reference?: string
}

export interface AuditTrail {
  /** Never throws and never delays the caller; a trail that cannot be written is a fault in the log. */
  record(event: AuditEvent): void
  close(): Promise<void>
}
