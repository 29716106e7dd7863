/** One message, ready to be sent. Plain text and HTML say the same; the subject holds no secret. */
export interface Mail {
  readonly from: string
  /** Exactly one recipient: the stored address, never text from a form (T-10). */
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Language tag of the content, `fr` or `en`. */
  readonly language: string
}

export type MailState = 'queued' | 'sent' | 'failed'

/**
 * Hands mail over without making a page wait: `enqueue` returns at once; `onState` hears `sent` or `failed` (after the
 * retries, or at once when the bounded queue is full).
 */
export interface Mailer {
  enqueue(mail: Mail, onState?: (state: Exclude<MailState, 'queued'>) => void): void
  /** Waits for what is queued, at most `limit` milliseconds, then closes. */
  close(limit: number): Promise<void>
}
