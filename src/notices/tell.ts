import { codeOf } from '../lib/errors.ts'
import { writeNotices, recipientsOf } from './letters.ts'
import type { NotMeLinks } from './links.ts'
import type { Notice, NoticeOrigin } from './notice.ts'
import type { NoticeParts } from './parts.ts'
import { traceOf } from './trace.ts'

const traceOfVisit = (notice: Notice, { at, visitor }: NoticeOrigin) => ({
  ...traceOf(notice, at.site.site),
  reference: visitor.reference,
  ...(visitor.address === undefined ? {} : { address: visitor.address }),
})

const send = async (parts: NoticeParts, links: NotMeLinks, notice: Notice, origin: NoticeOrigin): Promise<void> => {
  const { factors, renderers, mailer, trail, clock } = parts
  const trace = traceOfVisit(notice, origin)
  const confirmed = await factors.of(notice.account.id, 'email')
  const to = recipientsOf(
    notice,
    confirmed.map(({ label }) => label),
  )
  const link = await links.issue(notice, origin)
  const mails = writeNotices(renderers, notice, origin, to, { link, now: clock.now() })
  const undelivered = () => trail.record({ event: 'notice.undelivered', ...trace })
  if (mails.length === 0) undelivered()
  else trail.record({ event: 'notice.sent', ...trace })
  for (const mail of mails) {
    mailer.enqueue(mail, (state) => {
      if (state === 'failed') undelivered()
    })
  }
}

/**
 * Tells somebody by mail what happened to their account. It is done by then: what keeps the mail from leaving is in the log
 * and the trail, and takes nothing back.
 */
export const tell = async (
  parts: NoticeParts,
  links: NotMeLinks,
  notice: Notice,
  origin: NoticeOrigin,
): Promise<void> => {
  try {
    await send(parts, links, notice, origin)
  } catch (thrown) {
    const fields = { error: codeOf(thrown), err: thrown, notice: notice.kind, reference: origin.visitor.reference }
    parts.log.error(fields, 'somebody could not be told what happened to their account')
    parts.trail.record({ event: 'notice.undelivered', ...traceOfVisit(notice, origin) })
  }
}
