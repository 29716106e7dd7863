import { mailFrame } from '../../mail/frame.ts'
import { codeMail, groupCode } from '../../mail/messages.ts'
import type { Mail } from '../../mail/mail.ts'
import { formatHour, formatMoment } from '../../render/moments.ts'
import type { Renderers } from '../../render/renderer.ts'
import { optionsOf } from './options.ts'
import type { CodeLetter } from './parts.ts'

/** Writes the mail of a code in the words and the look of the site: which service, until when, asked for from where (G12). */
export const createLetterWriter =
  (renderers: Renderers) =>
  ({ question, to, code, requestedAt, until }: CodeLetter): Mail => {
    const { site, origin, visitor } = question
    const { language } = visitor
    const { lifetime, from } = optionsOf(site)
    return codeMail(
      renderers(site.templates),
      {
        ...mailFrame(site, origin, language),
        code,
        codeGrouped: groupCode(code),
        lifetimeMinutes: Math.round(lifetime / 60_000),
        until: formatHour(language, until),
        requestedAt: formatMoment(language, requestedAt),
        address: visitor.address ?? '',
        device: visitor.device,
      },
      { from, to },
    )
  }
