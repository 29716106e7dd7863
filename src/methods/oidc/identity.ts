import { isNationalId } from '../../accounts/national-id.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { ProviderProfile } from './profile.ts'
import type { Userinfo } from './userinfo.ts'

export type IdentityRefusal = 'national-id-missing' | 'national-id-malformed'

export type ProviderIdentity =
  | { readonly kind: 'national-id'; readonly nationalId: string }
  | { readonly kind: 'subject'; readonly issuer: string; readonly subject: string }

/** Identities that EDIT makes for tests, `ANS2023…`, and whatever else stands for nobody real. */
const TEST_ID = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,79}$/

/**
 * Whom the provider means: by the national identifier, or by its own for the person, which counts within its issuer alone.
 * Never by the e-mail address, which people and providers change and make up (J-10, CVE-2026-40574).
 */
export const identityOf = (
  { key, issuer, nationalIdClaims, takesTestIds }: ProviderProfile,
  subject: string,
  said: Userinfo,
): Result<ProviderIdentity, IdentityRefusal> => {
  if (key === 'subject') return accept({ kind: 'subject', issuer, subject })
  const nationalId = nationalIdClaims.map((name) => said[name]).find((value) => value !== undefined && value !== '')
  if (nationalId === undefined) return refuse('national-id-missing')
  if (typeof nationalId !== 'string') return refuse('national-id-malformed')
  const isIdentifier = isNationalId(nationalId) || (takesTestIds && TEST_ID.test(nationalId))
  return isIdentifier ? accept({ kind: 'national-id', nationalId }) : refuse('national-id-malformed')
}
