import type { PasswordHolder } from '../accounts/own-passwords.ts'
import { mailFrame } from '../mail/frame.ts'
import type { Mail } from '../mail/mail.ts'
import { resetLinkMail } from '../mail/messages.ts'
import { senderOf } from '../mail/sender.ts'
import { formatHour, formatMoment } from '../render/moments.ts'
import type { Renderers } from '../render/renderer.ts'
import type { FlowSite } from '../sign-in/flow-site.ts'
import type { Visitor } from '../sign-in/visitor.ts'

export interface PasswordLetter {
  readonly at: FlowSite
  readonly visitor: Visitor
  readonly holder: PasswordHolder
  readonly now: number
}

/** What the mail says of where it was asked for; null when there is nobody to send them to, or nobody who sends. */
const contentOf = ({ at, visitor, holder, now }: PasswordLetter) => {
  const from = senderOf(at.site)
  const { email: to, login } = holder.account
  if (from === null || to === null) return null
  const { language, device } = visitor
  const model = {
    ...mailFrame(at.site, at.origin, language),
    login,
    requestedAt: formatMoment(language, now),
    address: visitor.address ?? '',
    device,
  }
  return { model, envelope: { from, to } }
}

/**
 * The address of the page behind a link: from the configuration, whatever host the request named. The page takes the
 * token out of the browser's address at once (T-24).
 */
const linkOf = ({ site, origin }: FlowSite, token: string): string =>
  `${origin}${site.prefix}/password/reset?${new URLSearchParams({ link: token }).toString()}`

export const writeResetLink = (
  renderers: Renderers,
  letter: PasswordLetter,
  { token, until }: { readonly token: string; readonly until: number },
): Mail | null => {
  const content = contentOf(letter)
  if (content === null) return null
  const { site } = letter.at
  const { language } = letter.visitor
  return resetLinkMail(
    renderers(site.templates),
    {
      ...content.model,
      link: linkOf(letter.at, token),
      until: formatHour(language, until),
      lifetimeMinutes: Math.round(site.password['reset-link'] / 60_000),
    },
    content.envelope,
  )
}
