import type { IdentityField } from '../policy/schema.ts'
import type { CallContext, SignedIn, Subject } from '../policy/subject.ts'
import { callHeaders, identityHeaderNames, type ContextValues, type HeaderSite } from './call-context.ts'
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
  'practice-finess': ({ practice }) => practice?.finess ?? '',
  'practice-structure': ({ practice }) => practice?.structure ?? '',
  'practice-profession': ({ practice }) => practice?.profession ?? '',
  'practice-speciality': ({ practice }) => practice?.speciality ?? '',
}

/**
 * The plain identity headers of a site. Every configured name comes out each time, empty for an anonymous visitor and for
 * what the account does not have: a name that is missing would be left to the visitor (H-01).
 * @param valuesOf what a call that opened the session tells the application
 */
export const createIdentityHeaders = (
  site: HeaderSite,
  valuesOf: (call: CallContext) => ContextValues = () => ({}),
): ((subject: Subject) => readonly IdentityHeader[]) => {
  const { headers, encoding } = site.identity
  const configured = Object.entries(headers)
  const ofCall = callHeaders(site)
  const nobody = identityHeaderNames(site).map((name): IdentityHeader => [name, ''])
  // The data path gets the same subject again and again while its session is cached.
  const known = new WeakMap<SignedIn, readonly IdentityHeader[]>()

  const callHeadersOf = ({ call }: SignedIn): readonly IdentityHeader[] => {
    if (ofCall.length === 0) return []
    const values = call === undefined ? {} : valuesOf(call)
    return ofCall.map(([name, value]) => [name, encodeHeaderValue(values[value] ?? '', encoding)])
  }

  const headersOf = (subject: SignedIn): readonly IdentityHeader[] => [
    ...configured.map(([name, field]): IdentityHeader => {
      const value = FIELDS[field](subject)
      return [name, typeof value === 'string' ? encodeHeaderValue(value, encoding) : encodeHeaderList(value, encoding)]
    }),
    ...callHeadersOf(subject),
  ]

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
