/**
 * An expected outcome that the caller must look at: success with a value, or a refusal with a typed reason.
 * Exceptions are kept for faults (a store that does not answer, a broken invariant).
 */
export type Result<Value, Reason> = Accepted<Value> | Refused<Reason>

export interface Accepted<Value> {
  readonly ok: true
  readonly value: Value
}

export interface Refused<Reason> {
  readonly ok: false
  readonly reason: Reason
}

export const accept = <Value>(value: Value): Accepted<Value> => ({ ok: true, value })

export const refuse = <Reason>(reason: Reason): Refused<Reason> => ({ ok: false, reason })
