import { accept, refuse, type Result } from '../../lib/result.ts'
import { ATTEMPT_LIFETIME } from '../../sign-in/attempt.ts'
import type { BeginRefusal, Question } from '../../sign-in/method.ts'
import { keys } from '../../store/keys.ts'
import { addressOf } from './addresses.ts'
import { mailBudget } from './budget.ts'
import { hashCode, nextRecord, parseCodeRecord, pauseOf } from './code-record.ts'
import { MEMORY_AFTER_END, optionsOf } from './options.ts'
import type { EmailCodeParts } from './parts.ts'

/**
 * Mails a new code: draws it, stores its keyed hash bound to the attempt, and hands the mail over without waiting for SMTP.
 * Every code sent before for this attempt is dead from now on (R23).
 */
export const begin = async (parts: EmailCodeParts, question: Question): Promise<Result<undefined, BeginRefusal>> => {
  const { store, clock, random, mailer, key, trail } = parts
  const { account, attempt, site, visitor } = question
  const options = optionsOf(site)
  const email = await addressOf(parts.factors, account, question.choice)
  if (email === null) return refuse({ reason: 'not-enrolled' })

  const pause = keys.wait('code', pauseOf(attempt, question.choice))
  if (!(await store.set(pause, '1', options['resend-after'], 'if-absent'))) {
    return refuse({ reason: 'too-soon', wait: (await store.timeToLive(pause)) ?? 0 })
  }
  const wait = await mailBudget(parts, question)
  if (wait > 0) return refuse({ reason: 'too-often', wait })

  const now = clock.now()
  const code = random.digits(options.digits)
  const former = parseCodeRecord(await store.get(keys.code(attempt.digest)))
  const record = nextRecord(former, hashCode(key.current(), attempt, code), now, options.lifetime)
  await store.set(keys.code(attempt.digest), JSON.stringify(record), options.lifetime + MEMORY_AFTER_END)

  const mailState = keys.codeMail(attempt.digest)
  await store.set(mailState, 'queued', ATTEMPT_LIFETIME)
  const letter = { question, to: email, code, requestedAt: now, until: record.until }
  const place = visitor.address === undefined ? {} : { address: visitor.address }
  const whose = { site: site.site, account: account.id, login: account.login, reference: visitor.reference, ...place }
  mailer.enqueue(parts.write(letter), (state) => {
    // A store that is away only loses the remark on the page that the mail could not leave.
    store.set(mailState, state, ATTEMPT_LIFETIME).catch(() => undefined)
    if (state === 'failed') trail.record({ event: 'sign-in.code-undelivered', method: 'email-code', ...whose })
  })
  trail.record({ event: 'sign-in.code-sent', method: 'email-code', ...whose })
  return accept(undefined)
}
