import type { Attempt } from '../../sign-in/attempt.ts'
import type { ConfirmingMethod } from '../../sign-in/method.ts'
import { offersOf } from './addresses.ts'
import { answer, isAnswer } from './answer.ts'
import { begin } from './begin.ts'
import type { EmailCodeParts } from './parts.ts'
import { state, type CodeState } from './state.ts'

export interface EmailCodeMethod extends ConfirmingMethod {
  /** What the code page shows of a code under way. */
  state(attempt: Attempt): Promise<CodeState>
}

/** Six digits by mail, bound to the attempt, once, ten minutes (seeds 002 and 003; T-05, T-06, R22, R23). */
export const createEmailCodeMethod = (parts: EmailCodeParts): EmailCodeMethod => ({
  id: 'email-code',
  offers: (_site, account) => offersOf(parts.factors, account),
  begin: (question) => begin(parts, question),
  isAnswer,
  answer: (question, given) => answer(parts, question, given),
  state: (attempt) => state(parts, attempt),
})
