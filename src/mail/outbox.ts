import type { Clock } from '../lib/clock.ts'
import { accept } from '../lib/result.ts'
import type { MailTransport } from './transport.ts'

/** A mail that stayed here instead of leaving. */
export interface OutboxMail {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  /** Milliseconds since the epoch. */
  readonly sentAt: number
}

export interface Outbox extends MailTransport {
  /** What was sent, newest first. */
  list(): readonly OutboxMail[]
}

const KEPT = 100

/** The mail transport of the demo: nothing leaves, the last mails can be read on a page. Never for a real site. */
export const createOutbox = ({ clock }: { readonly clock: Clock }): Outbox => {
  const mails: OutboxMail[] = []
  return {
    deliver: ({ id, to, subject, text }) => {
      mails.unshift({ id, to, subject, text, sentAt: clock.now() })
      mails.length = Math.min(mails.length, KEPT)
      return Promise.resolve(accept(undefined))
    },
    list: () => [...mails],
    close: () => {},
  }
}
