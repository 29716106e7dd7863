import { checkClaims, type ClaimsRefusal } from '../../identity/jws/claims.ts'
import type { KeySource } from '../../identity/jws/key-source.ts'
import { verifyJws, type JwsRefusal } from '../../identity/jws/verify.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { ProviderProfile } from './profile.ts'

/** An ID token is made for the one exchange in which it comes: an older one is somebody's copy (J-03). */
const MAX_AGE = 10 * 60_000

export type IdTokenRefusal =
  JwsRefusal | ClaimsRefusal | 'nonce-wrong' | 'party-wrong' | 'proof-too-old' | 'proof-undated'

export interface IdTokenExpected {
  readonly nonce: string
  /** The person had to prove to the provider who they are after this moment; null: whenever. */
  readonly provedAfter: number | null
  readonly now: number
}

export interface IdToken {
  readonly subject: string
  /** The session at the provider, where it names one. */
  readonly sid: string | null
  readonly claims: Readonly<Record<string, unknown>>
}

const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= 255 ? value : null

/** When the proof was given (`auth_time`), where it must not be older than something (J-11). */
const proofFault = (claims: IdToken['claims'], skew: number, after: number | null): IdTokenRefusal | null => {
  if (after === null) return null
  const at = claims['auth_time']
  if (typeof at !== 'number' || !Number.isFinite(at)) return 'proof-undated'
  return at * 1_000 + 1_000 + skew < after ? 'proof-too-old' : null
}

/**
 * Judges the ID token of an exchange: signature by the keys of this issuer and its closed list of algorithms, then issuer,
 * audience, times, nonce. The library has judged it before; what opens a session is judged by us (J-05, J-06).
 */
export const judgeIdToken = async (
  token: string,
  profile: Pick<ProviderProfile, 'issuer' | 'clientId' | 'algorithms' | 'clockSkew'>,
  keys: KeySource,
  { nonce, provedAfter, now }: IdTokenExpected,
): Promise<Result<IdToken, IdTokenRefusal>> => {
  const verified = await verifyJws(token, { algorithms: profile.algorithms, keys, types: [null, 'jwt'] })
  if (!verified.ok) return verified
  const { claims } = verified.value
  const timely = checkClaims(claims, {
    issuer: profile.issuer,
    audience: profile.clientId,
    now,
    leeway: profile.clockSkew,
    maxAge: MAX_AGE,
    needs: ['sub'],
  })
  if (!timely.ok) return timely
  if (claims['azp'] !== undefined && claims['azp'] !== profile.clientId) return refuse('party-wrong')
  if (claims['nonce'] !== nonce) return refuse('nonce-wrong')
  const fault = proofFault(claims, profile.clockSkew, provedAfter)
  if (fault !== null) return refuse(fault)
  return accept({ subject: claims['sub'] as string, sid: textOf(claims['sid']), claims })
}
