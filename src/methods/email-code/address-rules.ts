import { isEmailAddress } from '../../accounts/email-address.ts'
import type { Site } from '../../policy/schema.ts'
import { optionsOf } from './options.ts'

export type AddressRefusal =
  /** Not one plain address. */
  | 'malformed'
  /** A secure messaging domain, whose mails are not read from everywhere (seed 001: « pas d'adresse MSS »). */
  | 'domain-refused'
  /** A mailbox that several people read (seed 001: « adresse mail nominative »). */
  | 'not-nominative'

const isWithin = (domain: string, refused: string): boolean => domain === refused || domain.endsWith(`.${refused}`)

/** The first part of a local part: `secretariat` of `secretariat.onco2`. */
const mailboxOf = (local: string): string => local.replace(/[._+\d-].*$/, '')

/** Why an address may not receive codes on this site; null when it may. */
export const checkAddress = (site: Site, address: string): AddressRefusal | null => {
  if (!isEmailAddress(address)) return 'malformed'
  const [local = '', domain = ''] = address.toLowerCase().split('@')
  const { 'refused-domains': domains, 'refused-mailboxes': mailboxes } = optionsOf(site).addresses
  if (domains.some((refused) => isWithin(domain, refused))) return 'domain-refused'
  return mailboxes.includes(local) || mailboxes.includes(mailboxOf(local)) ? 'not-nominative' : null
}
