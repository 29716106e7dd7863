import type { Site } from '../../policy/schema.ts'
import { codeMail, groupCode } from '../../mail/messages.ts'
import type { Mail } from '../../mail/mail.ts'
import { formatHour, formatMoment } from '../../render/moments.ts'
import type { Renderers } from '../../render/renderer.ts'
import { optionsOf } from './options.ts'
import type { CodeLetter } from './parts.ts'

/**
 * Writes the mail of a code in the words and the look of the site: which service, until when, asked for from where (G12).
 * The service's address comes from the configuration, whatever host the request named.
 */
export const createLetterWriter =
  (renderers: Renderers) =>
  ({ question, to, code, requestedAt, until }: CodeLetter): Mail => {
    const { site, origin, visitor } = question
    const { language } = visitor
    const { lifetime, from } = optionsOf(site)
    return codeMail(
      renderers(site.templates),
      {
        language,
        siteName: site.name[language],
        siteShortName: shortNameOf(site)[language],
        networkName: site.network[language],
        code,
        codeGrouped: groupCode(code),
        lifetimeMinutes: Math.round(lifetime / 60_000),
        until: formatHour(language, until),
        requestedAt: formatMoment(language, requestedAt),
        address: visitor.address ?? '',
        device: visitor.device,
        origin,
        support: {
          name: site.support.name[language],
          phone: site.support.phone,
          email: site.support.email,
          hours: site.support.hours?.[language],
        },
      },
      { from, to },
    )
  }

const shortNameOf = (site: Site) => site['short-name'] ?? site.name
