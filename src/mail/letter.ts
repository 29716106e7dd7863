import { accept, refuse, type Result } from '../lib/result.ts'
import type { Mail } from './mail.ts'
import { domainOf, isMailbox, parseSender, type Sender } from './mailbox.ts'

/** A mail that has passed every check and has its identity: the same through all tries, so that a server that gets it twice can tell. */
export interface Letter {
  /** Message-ID without the angle brackets. */
  readonly id: string
  readonly date: Date
  readonly from: Sender
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly language: string
}

/** Why a mail never reaches a transport. */
export type LetterRefusal = 'sender-unusable' | 'recipient-unusable' | 'language-unusable' | 'too-large'

/** Both forms together; a code's mail has a few kilobytes. */
const MAX_CONTENT = 200_000
const MAX_SUBJECT = 200
const LANGUAGE = /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/

/** A subject is one line: line ends and control characters are where headers are smuggled in (T-12). */
const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, MAX_SUBJECT)

/**
 * Checks a mail and makes it ready to leave.
 * @param token an unpredictable identifier for the Message-ID, which is at the sender's own domain
 * @param now milliseconds since the epoch, for the Date header
 */
export const toLetter = (mail: Mail, token: string, now: number): Result<Letter, LetterRefusal> => {
  const from = parseSender(mail.from)
  if (from === undefined) return refuse('sender-unusable')
  if (!isMailbox(mail.to)) return refuse('recipient-unusable')
  if (!LANGUAGE.test(mail.language)) return refuse('language-unusable')
  if (mail.text.length + mail.html.length > MAX_CONTENT) return refuse('too-large')
  return accept({
    id: `${token}@${domainOf(from.address)}`,
    date: new Date(now),
    from,
    to: mail.to,
    subject: oneLine(mail.subject),
    text: mail.text,
    html: mail.html,
    language: mail.language,
  })
}
