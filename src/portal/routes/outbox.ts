import type { Request, Response } from 'express'
import type { OutboxMail } from '../../mail/outbox.ts'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf } from '../visit.ts'

/** The code in a mail of ours, for the copy button: three and three digits, or one number. */
const codeIn = (text: string): string | null => {
  const found = /^\s*(?<code>\d{3,4}[ \u00a0\u202f]?\d{3,4})\s*$/m.exec(text)?.groups?.['code']
  return found?.replaceAll(/\D/g, '') ?? null
}

/** GET: what the demonstration has mailed, newest first; JSON when JSON is asked for. */
export const showOutbox =
  (parts: PortalParts, outbox: () => readonly OutboxMail[]) =>
  (request: Request, response: Response): void => {
    const { site } = visitOf(request)
    const mails = outbox().map(({ to, subject, text, sentAt }) => ({
      to,
      subject,
      sentAt: new Date(sentAt).toISOString(),
      text,
      code: codeIn(text),
    }))
    if (request.accepts(['html', 'json']) === 'json') response.json({ mails })
    else parts.pages.show(response, 'outbox', { mails, signInHref: `${site.prefix}/sign-in` })
  }
