import { refuse, type Result } from '../../lib/result.ts'
import type { AnswerRefusal, Question } from '../../sign-in/method.ts'
import { judgeAssertion } from './assertion.ts'
import { readAsserted } from './browser-answer.ts'
import { takeChallenge } from './challenge.ts'
import { enrolledAt } from './enrolled.ts'
import type { PasskeyParts } from './parts.ts'
import { relyingPartyOf } from './relying-party.ts'
import { isHandleOf } from './user-handle.ts'

/** Judges the passkey of somebody whom the password has identified: one of their own, and nobody else's. */
export const answer = async (
  parts: PasskeyParts,
  { account, attempt, site }: Question,
  given: string,
): Promise<Result<undefined, AnswerRefusal>> => {
  const asserted = readAsserted(given)
  if (asserted === null) return refuse({ reason: 'unproven', cause: 'malformed' })
  const challenge = await takeChallenge(parts, { for: 'attempt', digest: attempt.digest })
  if (challenge === null) return refuse({ reason: 'expired' })
  const party = relyingPartyOf(site)
  const own = (await enrolledAt(parts, account.id, party)).find(({ passkey }) => passkey.id === asserted.id)
  if (own === undefined) {
    const isKnown = (await parts.credentials.find(asserted.id)) !== null
    return refuse({ reason: 'unproven', cause: isKnown ? 'foreign' : 'unknown' })
  }
  if (!isHandleOf(account.id, asserted.response.userHandle)) return refuse({ reason: 'unproven', cause: 'foreign' })
  const judged = await judgeAssertion(parts, { asserted, factor: own.factor, challenge, party })
  return judged.ok ? judged : refuse({ reason: 'unproven', cause: judged.reason })
}
