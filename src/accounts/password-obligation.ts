import type { Site } from '../policy/schema.ts'

/** What is known of a password without the password. Times in milliseconds. */
export interface PasswordFacts {
  readonly passwordSetAt: number | null
  readonly passwordMustChange: boolean
}

type Expiry = Pick<Site['password'], 'expires'>

/** When the password has to be changed by the calendar; null when it never has, or there is none. */
export const passwordEnd = ({ passwordSetAt }: PasswordFacts, { expires }: Expiry): number | null =>
  passwordSetAt === null || expires === 'never' ? null : passwordSetAt + expires

/**
 * Why a password that was just proved must be changed before anything opens: somebody else has chosen it, or its time is
 * over (seed 004). Null when it may be kept.
 */
export const passwordObligation = (
  facts: PasswordFacts,
  policy: Expiry,
  now: number,
): 'first-use' | 'expired' | null => {
  if (facts.passwordMustChange) return 'first-use'
  const end = passwordEnd(facts, policy)
  return end !== null && now >= end ? 'expired' : null
}
