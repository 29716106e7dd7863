import { accept, refuse, type Result } from '../../lib/result.ts'
import type { AnswerRefusal, Question } from '../../sign-in/method.ts'
import { digitsOf, judgeCode } from './code.ts'
import type { TotpParts } from './parts.ts'

/**
 * Judges a code of an application. The step of a right one is taken in the database, with all steps before it, so that it
 * serves once on all nodes, and no older one after it (T-17).
 */
export const answer = async (
  { factors, clock }: TotpParts,
  { account, choice }: Question,
  given: string,
): Promise<Result<undefined, AnswerRefusal>> => {
  const factor = await factors.find(account.id, choice)
  const code = digitsOf(given)
  if (factor?.kind !== 'totp' || factor.secret === null || code === null) return refuse({ reason: 'wrong', left: null })
  const judged = judgeCode(factor.secret, code, clock.now())
  switch (judged.kind) {
    case 'right':
      return (await factors.claim(factor.id, judged.step)) ? accept(undefined) : refuse({ reason: 'used' })
    case 'apart':
      return refuse({ reason: 'clock-apart', ahead: judged.ahead })
    case 'wrong':
      return refuse({ reason: 'wrong', left: null })
  }
}
