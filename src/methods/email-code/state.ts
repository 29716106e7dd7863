import type { Account } from '../../accounts/directory.ts'
import { maskEmail } from '../../lib/masked-email.ts'
import type { MailState } from '../../mail/mail.ts'
import type { Attempt } from '../../sign-in/attempt.ts'
import { keys } from '../../store/keys.ts'
import { parseCodeRecord } from './code-record.ts'
import type { EmailCodeParts } from './parts.ts'

/** What the code page shows. Times in milliseconds from now; 0 when over. */
export interface CodeState {
  readonly maskedEmail: string
  readonly expiresIn: number
  readonly resendIn: number
  readonly mail: MailState
}

const asMailState = (text: string | null): MailState => (text === 'sent' || text === 'failed' ? text : 'queued')

export const state = async (parts: EmailCodeParts, attempt: Attempt, account: Account): Promise<CodeState> => {
  const { store, clock } = parts
  const [code, pause, mail] = await Promise.all([
    store.get(keys.code(attempt.digest)),
    store.timeToLive(keys.wait('code', attempt.digest)),
    store.get(keys.codeMail(attempt.digest)),
  ])
  const record = parseCodeRecord(code)
  return {
    maskedEmail: account.email === null ? '' : maskEmail(account.email),
    expiresIn: record === null ? 0 : Math.max(0, record.until - clock.now()),
    resendIn: pause ?? 0,
    mail: asMailState(mail),
  }
}
