import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { refuse, type Result } from '../lib/result.ts'
import { createDelivery } from './delivery.ts'
import { toLetter, type LetterRefusal } from './letter.ts'
import type { Mail } from './mail.ts'
import { BACK_OFF } from './mailer.ts'
import type { DeliveryFailure, MailTransport } from './transport.ts'

/** Why a mail has not left. */
export type NotSent = LetterRefusal | DeliveryFailure['reason']

export interface SendNowParts {
  readonly transport: MailTransport
  readonly clock: Clock
  readonly random: Random
  /** `smtp.timeout` of the instance, milliseconds. */
  readonly timeout: number
}

/**
 * For a command, which has nobody else to answer and ends when it is done: one mail, waited for, with the tries and the
 * limits of the queue that pages have. Never throws.
 */
export const createSendNow = ({ transport, clock, random, timeout }: SendNowParts) => {
  const deliver = createDelivery({ transport, backOff: BACK_OFF, limit: timeout * (BACK_OFF.length + 1) })
  return async (mail: Mail): Promise<Result<void, NotSent>> => {
    const letter = toLetter(mail, random.token(16), clock.now())
    if (!letter.ok) return letter
    const { result } = await deliver(letter.value, new AbortController().signal)
    return result.ok ? result : refuse(result.reason.reason)
  }
}
