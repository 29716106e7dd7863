import type { MethodId, Proof, Site, Way } from './schema.ts'

/** A cookie is no second factor that was proved now: whatever the way, rules that ask for more lead to the full sign-in. */
export const REMEMBERED_LEVEL = 1

/** Second factors whose proof is a code to be typed each time. A passkey is no trouble, and a code on paper is for once. */
export const CODES: readonly MethodId[] = ['email-code', 'totp']

/**
 * How long the second factor of a way need not be proved again in a browser that its owner wants remembered, milliseconds;
 * null: it always is. Only a way of a password and a code has a second factor to leave out.
 */
export const rememberFor = (
  site: Pick<Site, 'remember-device'>,
  way: Pick<Way, 'methods' | 'remember-device'>,
): number | null => {
  const [first, second, ...others] = way.methods
  if (first !== 'password' || second === undefined || !CODES.includes(second) || others.length > 0) return null
  const setting = way['remember-device'] ?? site['remember-device'] ?? 'never'
  return setting === 'never' ? null : setting.for
}

/** What a session proves that was opened by this way on such a device. */
export const rememberedProofs = ({ methods: [first = 'password'] }: Pick<Way, 'methods'>): readonly Proof[] => [
  first,
  'remembered-device',
]
