import type { AuditTrail } from '../audit/events.ts'
import { refuse, type Result } from '../lib/result.ts'
import type { FlowSite } from './flow-site.ts'
import type { AnswerRefusal, ConfirmingMethod, Question } from './method.ts'
import { judged } from './identify.ts'
import type { Throttle, Throttled } from './throttle.ts'
import { personOf, recordWave, traceOf, whoIs } from './trace.ts'

export type ContinueRefusal =
  | AnswerRefusal
  /** Not an answer at all (letters, too short): costs no try. */
  | { readonly reason: 'malformed' }
  | ({ readonly reason: 'throttled' } & Throttled)

/** Judges an answer by its method, counted before it is judged, with one budget for all doors of an account (C-06). */
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
    trail.record({ event: 'sign-in.throttled', detail: admitted.reason.because, ...trace })
    return refuse({ reason: 'throttled', ...admitted.reason })
  }
  const tried = admitted.value
  const answered = await judged(tried, () => method.answer(question, given))
  const what = method.id === 'passkey' ? 'passkey' : 'code'
  if (answered.ok) {
    await tried.giveBack()
    await throttle.clearCodes(who)
    trail.record({ event: `sign-in.${what}-accepted`, ...trace })
  } else {
    const { reason } = answered
    recordWave(trail, at, visitor, await tried.failed())
    trail.record({
      event: `sign-in.${what}-refused`,
      detail: 'cause' in reason ? reason.cause : reason.reason,
      ...trace,
    })
  }
  return answered
}
