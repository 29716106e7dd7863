import { mailFrame } from '../../mail/frame.ts'
import { addressMail, codeMail, groupCode } from '../../mail/messages.ts'
import type { Mail } from '../../mail/mail.ts'
import { formatHour, formatMoment } from '../../render/moments.ts'
import type { Renderers } from '../../render/renderer.ts'
import { optionsOf } from './options.ts'
import type { AddressLetter, CodeLetter } from './parts.ts'

/** What both mails say: the code, until when, which service, asked for from where (G12). */
const modelOf = ({ site, origin, visitor, code, requestedAt, until }: AddressLetter) => {
  const { language } = visitor
  return {
    ...mailFrame(site, origin, language),
    code,
    codeGrouped: groupCode(code),
    lifetimeMinutes: Math.round(optionsOf(site).lifetime / 60_000),
    until: formatHour(language, until),
    requestedAt: formatMoment(language, requestedAt),
    address: visitor.address ?? '',
    device: visitor.device,
  }
}

/** Writes the mail of a code to sign in with, in the words and the look of the site. */
export const createLetterWriter =
  (renderers: Renderers) =>
  ({ question: { site, origin, visitor }, ...letter }: CodeLetter): Mail =>
    codeMail(renderers(site.templates), modelOf({ ...letter, site, origin, visitor }), {
      from: optionsOf(site).from,
      to: letter.to,
    })

/** Writes the mail of a code that confirms an address. */
export const createAddressLetterWriter =
  (renderers: Renderers) =>
  (letter: AddressLetter): Mail =>
    addressMail(renderers(letter.site.templates), modelOf(letter), {
      from: optionsOf(letter.site).from,
      to: letter.to,
    })
