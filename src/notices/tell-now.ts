import type { AuditTrail } from '../audit/events.ts'
import type { Clock } from '../lib/clock.ts'
import { codeOf } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import type { Result } from '../lib/result.ts'
import type { Mail } from '../mail/mail.ts'
import type { NotSent } from '../mail/send-now.ts'
import { senderOf } from '../mail/sender.ts'
import type { Renderers } from '../render/renderer.ts'
import type { Store } from '../store/store.ts'
import { recipientsOf, writeNotices } from './letters.ts'
import { createNotMeLinks, type NotMeLink } from './links.ts'
import type { Notice, NoticeOrigin } from './notice.ts'
import { traceOf } from './trace.ts'

/** Why somebody could not be told: the account has no address, the site nobody who sends, the instance no mail server. */
export type NotTold = 'no-address' | 'no-sender' | 'no-server' | NotSent

/** To how many addresses it went, and why it did not go to others, or to none. */
export interface Told {
  readonly sent: number
  readonly failed: readonly NotTold[]
}

export interface TellNowParts {
  readonly clock: Clock
  readonly random: Random
  readonly renderers: Renderers
  readonly trail: Pick<AuditTrail, 'record'>
  readonly log: Log
  /** Null where links lie in the memory of the running gate, out of reach: then the mail has none and says whom to call. */
  readonly store: Store | null
  readonly confirmedAddresses: (account: string) => Promise<readonly string[]>
  /** Null for an instance without a mail server. */
  readonly send: ((mail: Mail) => Promise<Result<void, NotSent>>) | null
  /** Who ran the command, for the trail. */
  readonly actor: string
}

const none = (why: NotTold): Told => ({ sent: 0, failed: [why] })

/** A store that is away takes the link from the mail, not the mail from the person. */
const linkFor = async (parts: TellNowParts, notice: Notice, origin: NoticeOrigin): Promise<NotMeLink | null> => {
  if (parts.store === null) return null
  try {
    return await createNotMeLinks({ ...parts, store: parts.store }).issue(notice, origin)
  } catch (thrown) {
    parts.log.warn({ error: codeOf(thrown) }, 'the notice goes without its link')
    return null
  }
}

const send = async (parts: TellNowParts, notice: Notice, origin: NoticeOrigin): Promise<Told> => {
  const { send: sendMail, clock, renderers } = parts
  const to = recipientsOf(notice, await parts.confirmedAddresses(notice.account.id))
  if (to.length === 0) return none('no-address')
  if (senderOf(origin.at.site) === null) return none('no-sender')
  if (sendMail === null) return none('no-server')
  const link = await linkFor(parts, notice, origin)
  const mails = writeNotices(renderers, notice, origin, to, { link, now: clock.now() })
  const results = await Promise.all(mails.map((mail) => sendMail(mail)))
  const failed = results.flatMap((result) => (result.ok ? [] : [result.reason]))
  return { sent: results.length - failed.length, failed }
}

/**
 * Tells somebody by mail what the support did to their account, and waits until the mail server has answered. It is done by
 * then: what keeps the mail from leaving is said, is in the trail, and takes nothing back. Never throws.
 */
export const tellNow = async (parts: TellNowParts, notice: Notice, origin: NoticeOrigin): Promise<Told> => {
  const told = await send(parts, notice, origin).catch((thrown: unknown) => {
    parts.log.error({ error: codeOf(thrown), err: thrown, notice: notice.kind }, 'a notice could not be written')
    return none('fault')
  })
  const trace = { ...traceOf(notice, origin.at.site.site), actor: parts.actor }
  if (told.sent > 0) parts.trail.record({ event: 'notice.sent', ...trace })
  if (told.failed.length > 0) parts.trail.record({ event: 'notice.undelivered', ...trace })
  return told
}
