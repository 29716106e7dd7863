import { refuse } from '../lib/result.ts'
import type { MailTransport } from './transport.ts'

/** For an instance without a mail server: every mail fails at once, and the page says that other ways are to be used. */
export const unavailableTransport: MailTransport = {
  deliver: () => Promise.resolve(refuse({ reason: 'unreachable', mayRetry: false })),
  close: () => {},
}
