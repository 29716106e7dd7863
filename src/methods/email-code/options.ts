import type { Site } from '../../policy/schema.ts'

export type EmailCodeOptions = NonNullable<Site['email-code']>

/** The site's settings. A site whose ways mail a code always has them: `portillon check` refuses it otherwise. */
export const optionsOf = (site: Site): EmailCodeOptions => {
  const options = site['email-code']
  if (options === undefined) throw new Error(`site ${site.site} mails codes but has no email-code section`)
  return options
}

const HOUR = 3_600_000

/** Mails that one place may cause in an hour, for any number of accounts (T-09); a hospital is one place. */
export const MAILS_PER_PLACE = { count: 300, window: HOUR } as const
export const MAILS_PER_ACCOUNT_WINDOW = HOUR

/** How long after its end a code is still remembered, to say « expired » rather than « wrong ». */
export const MEMORY_AFTER_END = 10 * 60_000
