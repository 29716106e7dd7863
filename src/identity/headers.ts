import type { IdentityField, Site } from '../policy/schema.ts'
import type { SignedIn, Subject } from '../policy/subject.ts'
import { encodeHeaderList, encodeHeaderValue } from './header-value.ts'

export type IdentityHeader = readonly [name: string, value: string]

/** The number in the register of health professionals, out of a PS_IdNat of that type (`8` and eleven digits). */
const rppsOf = (nationalId: string | null): string =>
  nationalId !== null && /^8\d{11}$/.test(nationalId) ? nationalId.slice(1) : ''

const FIELDS: Readonly<Record<IdentityField, (subject: SignedIn) => string | readonly string[]>> = {
  login: ({ login }) => login,
  name: ({ name }) => name,
  'given-name': ({ givenName }) => givenName,
  'family-name': ({ familyName }) => familyName,
  email: ({ email }) => email ?? '',
  'national-id': ({ nationalId }) => nationalId ?? '',
  rpps: ({ nationalId }) => rppsOf(nationalId),
  roles: ({ roles }) => roles,
  account: ({ account }) => account,
  way: ({ way }) => way,
  level: ({ level }) => String(level),
}

/**
 * The plain identity headers of a site. Every configured name comes out each time, empty for an anonymous visitor and for
 * what the account does not have: a name that is missing would be left to the visitor (H-01).
 */
export const createIdentityHeaders = (
  site: Pick<Site, 'identity'>,
): ((subject: Subject) => readonly IdentityHeader[]) => {
  const { headers, encoding } = site.identity
  const configured = Object.entries(headers)
  const nobody = configured.map(([name]): IdentityHeader => [name, ''])
  // The data path gets the same subject again and again while its session is cached.
  const known = new WeakMap<SignedIn, readonly IdentityHeader[]>()

  const headersOf = (subject: SignedIn): readonly IdentityHeader[] =>
    configured.map(([name, field]) => {
      const value = FIELDS[field](subject)
      return [name, typeof value === 'string' ? encodeHeaderValue(value, encoding) : encodeHeaderList(value, encoding)]
    })

  return (subject) => {
    if (subject.kind === 'anonymous') return nobody
    let values = known.get(subject)
    if (values === undefined) {
      values = headersOf(subject)
      known.set(subject, values)
    }
    return values
  }
}
