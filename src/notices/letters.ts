import { maskEmail } from '../lib/masked-email.ts'
import { mailFrame } from '../mail/frame.ts'
import type { Mail } from '../mail/mail.ts'
import { noticeMail } from '../mail/messages.ts'
import { senderOf } from '../mail/sender.ts'
import { formatMoment } from '../render/moments.ts'
import type { Renderer, Renderers } from '../render/renderer.ts'
import type { Language } from '../render/messages.ts'
import type { NotMeLink } from './links.ts'
import type { Notice, NoticeOrigin } from './notice.ts'

/**
 * Every address that the person is known to read: the registered one, the confirmed ones, and those that were just taken
 * away or exchanged, whose owner must hear of it.
 */
export const recipientsOf = (
  { kind, account: { email }, factors = [], formerEmail = null }: Notice,
  confirmed: readonly string[],
): readonly string[] => {
  const removed = kind === 'factor-removed' ? factors.filter((factor) => factor.kind === 'email') : []
  const all = [email, ...confirmed, ...removed.map(({ label }) => label), formerEmail].filter((one) => one !== null)
  return [...new Map(all.map((address) => [address.toLowerCase(), address])).values()]
}

/** « Application d'authentification : Téléphone professionnel, Codes de secours ». */
const factorWords = (renderer: Renderer, language: Language, { factors = [] }: Notice): string =>
  factors
    .map(({ kind, label }) => {
      const name = renderer.text(language, `mail.notice.factor.${kind}`)
      return label === '' ? name : renderer.text(language, 'mail.line', { label: name, value: label })
    })
    .join(', ')

/** Not whole: the owner of the former address may be somebody else by now. */
const newAddressWords = (renderer: Renderer, language: Language, { kind, account: { email } }: Notice): string => {
  if (kind !== 'address-changed') return ''
  return email === null ? renderer.text(language, 'mail.notice.noAddress') : maskEmail(email)
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
  { link, now }: { readonly link: NotMeLink | null; readonly now: number },
): readonly Mail[] => {
  const { at, visitor, by = 'person' } = origin
  const from = senderOf(at.site)
  if (from === null) return []
  const { language } = visitor
  const renderer = renderers(at.site.templates)
  const added = notice.kind === 'factor-added' ? (notice.factors ?? []).filter(({ kind }) => kind === 'email') : []
  const model = {
    ...mailFrame(at.site, at.origin, language),
    kind: notice.kind,
    by,
    login: notice.account.login,
    factor: factorWords(renderer, language, notice),
    newAddress: newAddressWords(renderer, language, notice),
    happenedAt: formatMoment(language, now),
    address: visitor.address ?? '',
    device: visitor.device,
    until: link === null ? '' : formatMoment(language, link.until),
  }
  return to.map((address) => {
    const hasLink = link !== null && added.every(({ label }) => label !== address)
    return noticeMail(renderer, { ...model, link: hasLink ? linkOf(origin, link.token) : '' }, { from, to: address })
  })
}
