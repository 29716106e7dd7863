import type { MailState } from '../../mail/mail.ts'
import type { Attempt } from '../../sign-in/attempt.ts'
import { keys } from '../../store/keys.ts'
import { parseCodeRecord, pauseOf } from './code-record.ts'
import type { EmailCodeParts } from './parts.ts'

/** What the code page shows. Times in milliseconds from now; 0 when over. */
export interface CodeState {
  readonly expiresIn: number
  readonly resendIn: number
  readonly mail: MailState
}

const asMailState = (text: string | null): MailState => (text === 'sent' || text === 'failed' ? text : 'queued')

export const state = async (parts: EmailCodeParts, attempt: Attempt): Promise<CodeState> => {
  const { store, clock } = parts
  const [code, pause, mail] = await Promise.all([
    store.get(keys.code(attempt.digest)),
    store.timeToLive(keys.wait('code', pauseOf(attempt, attempt.asking?.choice ?? ''))),
    store.get(keys.codeMail(attempt.digest)),
  ])
  const record = parseCodeRecord(code)
  return {
    expiresIn: record === null ? 0 : Math.max(0, record.until - clock.now()),
    resendIn: pause ?? 0,
    mail: asMailState(mail),
  }
}
