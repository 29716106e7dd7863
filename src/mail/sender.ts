import type { Site } from '../policy/schema.ts'

/** Who sends the mails of a site that are no codes; null where the site names nobody. */
export const senderOf = (site: Pick<Site, 'mail' | 'email-code'>): string | null =>
  site.mail?.from ?? site['email-code']?.from ?? null
