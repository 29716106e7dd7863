import { accept, refuse, type Result } from '../../lib/result.ts'
import type { AnswerRefusal, Question } from '../../sign-in/method.ts'
import type { Site } from '../../policy/schema.ts'
import { keys } from '../../store/keys.ts'
import { compareCode, hashCode, parseCodeRecord } from './code-record.ts'
import { MEMORY_AFTER_END, optionsOf } from './options.ts'
import type { EmailCodeParts } from './parts.ts'

/** Blanks of any kind that a mail program or a thumb may add. */
const withoutBlanks = (given: string): string => given.replaceAll(/[\s\u00a0\u202f-]/g, '')

export const isAnswer = (site: Site, given: string): boolean => {
  const code = withoutBlanks(given)
  return /^\d+$/.test(code) && code.length === optionsOf(site).digits
}

/**
 * Judges a typed code. The try is counted, atomically and outside the session, before it is judged; the right code is taken
 * away in one step, so that of any number of parallel answers on all nodes exactly one is accepted (T-02).
 */
export const answer = async (
  parts: EmailCodeParts,
  question: Question,
  given: string,
): Promise<Result<undefined, AnswerRefusal>> => {
  const { store, clock, key } = parts
  const { attempt, site } = question
  const options = optionsOf(site)
  const name = keys.code(attempt.digest)
  const text = await store.get(name)
  const record = parseCodeRecord(text)
  if (record === null) return refuse({ reason: 'expired' })
  if (clock.now() >= record.until) return refuse({ reason: 'expired' })

  const tries = keys.count('code-tries', `${attempt.digest}.${record.generation}`)
  const count = await store.increment(tries, options.lifetime + MEMORY_AFTER_END)
  if (count > options.tries) return refuse({ reason: 'dead' })

  const hashes = key.every().map((one) => hashCode(one, attempt, withoutBlanks(given)))
  switch (compareCode(record, hashes)) {
    case 'right':
      // What was taken must be what was compared: a newer code may have been sent between the two.
      return (await store.take(name)) === text ? accept(undefined) : refuse({ reason: 'used' })
    case 'replaced':
      return refuse({ reason: 'replaced' })
    case 'wrong':
      return count >= options.tries
        ? refuse({ reason: 'dead' })
        : refuse({ reason: 'wrong', left: options.tries - count })
  }
}
