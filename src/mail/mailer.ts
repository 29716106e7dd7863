import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import { createDelivery } from './delivery.ts'
import { toLetter, type Letter } from './letter.ts'
import type { Mailer } from './mail.ts'
import { domainOf } from './mailbox.ts'
import type { MailTransport } from './transport.ts'

/** How much the queue holds, and how long it tries. */
export interface MailerLimits {
  /** Mails that may wait; one more fails at once, so that a mail server that is away costs no memory (E-01). */
  readonly capacity?: number
  /** Mails under way at once. */
  readonly parallel?: number
  /** Waits between the tries, milliseconds; there is one more try than waits. */
  readonly backOff?: readonly number[]
}

export interface MailerParts extends MailerLimits {
  readonly transport: MailTransport
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  /** `smtp.timeout` of the instance, milliseconds: a mail has failed after as many of them as it has tries. */
  readonly timeout?: number
}

/** Waits between the tries, milliseconds. */
export const BACK_OFF: readonly number[] = [500, 2_000]

type Outcome = 'sent' | 'failed'

interface Job {
  readonly letter: Letter
  /** Tells the caller, once. */
  readonly settle: (outcome: Outcome) => void
}

/**
 * A bounded queue in memory before a transport. It may be lost with the process: a code can be asked for again, and a code
 * that is mailed after a restart would be dead anyway. The caller never waits and is never called from within `enqueue`.
 * The log names the mail, the server's domain and the result: neither content nor the person's part of the address.
 */
export const createMailer = (parts: MailerParts): Mailer => {
  const { transport, log, clock, random } = parts
  const { timeout = 10_000, capacity = 500, parallel = 4, backOff = BACK_OFF } = parts
  const deliver = createDelivery({ transport, backOff, limit: timeout * (backOff.length + 1) })
  const stop = new AbortController()
  const waiting: Job[] = []
  let running = 0
  let isClosing = false
  let onIdle = () => {}

  const run = async ({ letter, settle }: Job): Promise<void> => {
    const startedAt = clock.now()
    const { tries, result } = await deliver(letter, stop.signal)
    const fields = { mail: letter.id, domain: domainOf(letter.to), tries, duration: clock.now() - startedAt }
    if (result.ok) log.info(fields, 'mail handed over')
    else log.warn({ ...fields, reason: result.reason.reason, status: result.reason.status }, 'mail not sent')
    settle(result.ok ? 'sent' : 'failed')
  }

  const pump = (): void => {
    while (running < parallel) {
      const job = waiting.shift()
      if (job === undefined) break
      running += 1
      void run(job).finally(() => {
        running -= 1
        pump()
      })
    }
    if (running === 0) onIdle()
  }

  const settleWith =
    (onState: ((state: Outcome) => void) | undefined) =>
    (outcome: Outcome): void => {
      queueMicrotask(() => {
        try {
          onState?.(outcome)
        } catch (error) {
          log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'the listener of a mail failed')
        }
      })
    }

  return {
    enqueue: (mail, onState) => {
      const settle = settleWith(onState)
      const letter = toLetter(mail, random.token(16), clock.now())
      const refusal = !letter.ok
        ? letter.reason
        : isClosing
          ? 'stopping'
          : waiting.length >= capacity
            ? 'queue-full'
            : null
      if (!letter.ok || refusal !== null) {
        log.error({ reason: refusal }, 'mail not sent')
        settle('failed')
        return
      }
      waiting.push({ letter: letter.value, settle })
      pump()
    },
    close: async (limit) => {
      isClosing = true
      const drained = new Promise<void>((resolve) => {
        onIdle = resolve
      })
      const timer = setTimeout(() => stop.abort(), limit)
      pump()
      await drained
      clearTimeout(timer)
      transport.close()
    },
  }
}
