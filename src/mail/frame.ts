import type { Site } from '../policy/schema.ts'
import type { Language } from '../render/messages.ts'

/** What every mail of a site says around its own content: which service, on whose behalf, whom to call. */
export interface MailFrame {
  readonly language: Language
  readonly siteName: string
  /** For the subject; the name where the site has none. */
  readonly siteShortName: string
  readonly networkName: string
  /** Public address of the site, to compare with the one in the browser (G12). */
  readonly origin: string
  readonly support: {
    readonly name: string
    readonly phone?: string | undefined
    readonly email?: string | undefined
    readonly hours?: string | undefined
  }
}

/** @param origin from the configuration, whatever host the request named */
export const mailFrame = (site: Site, origin: string, language: Language): MailFrame => ({
  language,
  siteName: site.name[language],
  siteShortName: (site['short-name'] ?? site.name)[language],
  networkName: site.network[language],
  origin,
  support: {
    name: site.support.name[language],
    phone: site.support.phone,
    email: site.support.email,
    hours: site.support.hours?.[language],
  },
})
