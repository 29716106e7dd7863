import type { Account } from '../accounts/directory.ts'
import type { Factor } from '../accounts/factors.ts'
import { mailFrame } from '../mail/frame.ts'
import type { Mail } from '../mail/mail.ts'
import { noticeMail } from '../mail/messages.ts'
import { senderOf } from '../mail/sender.ts'
import { formatMoment } from '../render/moments.ts'
import type { Renderer, Renderers } from '../render/renderer.ts'
import type { Language } from '../render/messages.ts'
import type { Notice, NoticeOrigin } from './notice.ts'

/**
 * Every address that the person is known to read: the registered one, the confirmed ones, and the one that was just taken
 * away, whose owner must hear of it.
 */
export const recipientsOf = (
  { email }: Pick<Account, 'email'>,
  confirmed: readonly Pick<Factor, 'label'>[],
  { kind, factor }: Pick<Notice, 'kind' | 'factor'>,
): readonly string[] => {
  const removed = kind === 'factor-removed' && factor?.kind === 'email' ? [factor.label] : []
  const all = [...(email === null ? [] : [email]), ...confirmed.map(({ label }) => label), ...removed]
  return [...new Map(all.map((address) => [address.toLowerCase(), address])).values()]
}

/** « Application d'authentification : Téléphone professionnel ». */
const factorWords = (renderer: Renderer, language: Language, { factor }: Notice): string => {
  if (factor === undefined) return ''
  const name = renderer.text(language, `mail.notice.factor.${factor.kind}`)
  return factor.label === '' ? name : renderer.text(language, 'mail.line', { label: name, value: factor.label })
}

/** From the configuration, whatever host the request named. */
const linkOf = ({ at: { site, origin } }: NoticeOrigin, token: string): string =>
  `${origin}${site.prefix}/not-me?${new URLSearchParams({ link: token }).toString()}`

/**
 * One mail for each address; none where nobody sends the site's mails. The address that was just added gets no link: it is
 * that of whoever added it.
 */
export const writeNotices = (
  renderers: Renderers,
  notice: Notice,
  origin: NoticeOrigin,
  to: readonly string[],
  { token, until, now }: { readonly token: string; readonly until: number; readonly now: number },
): readonly Mail[] => {
  const { at, visitor } = origin
  const from = senderOf(at.site)
  if (from === null) return []
  const { language } = visitor
  const renderer = renderers(at.site.templates)
  const added = notice.kind === 'factor-added' && notice.factor?.kind === 'email' ? notice.factor.label : null
  const model = {
    ...mailFrame(at.site, at.origin, language),
    kind: notice.kind,
    login: notice.account.login,
    factor: factorWords(renderer, language, notice),
    happenedAt: formatMoment(language, now),
    address: visitor.address ?? '',
    device: visitor.device,
    until: formatMoment(language, until),
  }
  return to.map((address) => {
    const link = address === added ? '' : linkOf(origin, token)
    return noticeMail(renderer, { ...model, link }, { from, to: address })
  })
}
