import type { Result } from '../lib/result.ts'
import type { Letter } from './letter.ts'

/** Why a mail was not handed over; what the log says instead of the server's own words, which may repeat the address. */
export interface DeliveryFailure {
  readonly reason:
    'refused' | 'deferred' | 'unreachable' | 'timed-out' | 'tls-refused' | 'login-refused' | 'stopped' | 'fault'
  /** The server's reply code, when it gave one. */
  readonly status?: number
  /** Whether the same mail may be accepted a moment later. */
  readonly mayRetry: boolean
}

/** One way for mail to leave. */
export interface MailTransport {
  /** Accepted means: somebody else has taken responsibility for the mail. Ends soon after `signal` fires. Never throws. */
  deliver(letter: Letter, signal: AbortSignal): Promise<Result<void, DeliveryFailure>>
  close(): void
}
