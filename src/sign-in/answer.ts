import type { AuditTrail } from '../audit/events.ts'
import { refuse, type Result } from '../lib/result.ts'
import type { FlowSite } from './flow-site.ts'
import type { AnswerRefusal, ConfirmingMethod, Question } from './method.ts'
import type { Throttle } from './throttle.ts'
import { personOf, traceOf, whoIs } from './trace.ts'

export type ContinueRefusal =
  | AnswerRefusal
  /** Not an answer at all (letters, too short): costs no try. */
  | { readonly reason: 'malformed' }
  | { readonly reason: 'throttled'; readonly wait: number }

/** Judges an answer by its method, counted before it is judged, with one budget for all methods of an account (C-06). */
export const answerQuestion = async (
  { throttle, trail }: { readonly throttle: Throttle; readonly trail: AuditTrail },
  method: ConfirmingMethod,
  question: Question,
  at: FlowSite,
  given: string,
): Promise<Result<undefined, ContinueRefusal>> => {
  const { account, visitor } = question
  if (!method.isAnswer(at.site, given)) return refuse({ reason: 'malformed' })
  const trace = { method: method.id, ...personOf(account), ...traceOf(at, visitor) }
  const who = whoIs(at, visitor, account.login)
  const admitted = await throttle.admit('code', who)
  if (!admitted.ok) {
    trail.record({ event: 'sign-in.throttled', ...trace })
    return refuse({ reason: 'throttled', wait: admitted.reason.wait })
  }
  const answered = await method.answer(question, given)
  if (answered.ok) {
    await throttle.clear('code', who)
    trail.record({ event: 'sign-in.code-accepted', ...trace })
  } else {
    await throttle.failed('code', who)
    trail.record({ event: 'sign-in.code-refused', detail: answered.reason.reason, ...trace })
  }
  return answered
}
