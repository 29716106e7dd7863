import { accept, refuse, type Result } from '../../lib/result.ts'

/** What is wrong with the claims that say by whom, for whom and when (J-06, X-03). */
export type ClaimsRefusal =
  | 'issuer-wrong'
  | 'audience-wrong'
  | 'subject-missing'
  | 'expiry-missing'
  | 'expired'
  | 'not-yet-valid'
  | 'issued-missing'
  | 'issued-in-future'
  | 'too-old'
  | 'lives-too-long'
  | 'id-missing'

export interface ClaimsOptions {
  /** Exactly, to the character: a slash at the end makes another issuer. */
  readonly issuer: string
  readonly audience: string
  /** `alone`: the audience and nobody else, a text or a list of one. `among`: a list may name others too (OIDC with `azp`). */
  readonly audienceIs?: 'alone' | 'among'
  /** Milliseconds since the epoch. */
  readonly now: number
  /** What clocks may differ, milliseconds. */
  readonly leeway: number
  /** The longest time since `iat`, milliseconds, whatever the token says of its end. */
  readonly maxAge?: number
  /** The longest time between `iat` and `exp`. */
  readonly maxLife?: number
  /** Whether a `sub` and a `jti` have to be there. */
  readonly needs?: readonly ('sub' | 'jti')[]
}

export interface Times {
  /** Milliseconds since the epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
}

type Claims = Readonly<Record<string, unknown>>

/** A NumericDate of our age: neither a text, nor NaN, nor milliseconds where seconds belong. */
const secondsOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 && value < 1e11 ? value : null

const isFor = (aud: unknown, audience: string, isAlone: boolean): boolean => {
  const named: unknown[] = Array.isArray(aud) ? aud : [aud]
  return named.every((one) => typeof one === 'string') && named.includes(audience) && (!isAlone || named.length === 1)
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '' && value.length <= 255

const checkTimes = (claims: Claims, options: ClaimsOptions): Result<Times, ClaimsRefusal> => {
  const { now, leeway, maxAge = Infinity, maxLife = Infinity } = options
  const exp = secondsOf(claims['exp'])
  const iat = secondsOf(claims['iat'])
  const nbf = claims['nbf'] === undefined ? 0 : secondsOf(claims['nbf'])
  if (exp === null) return refuse('expiry-missing')
  if (iat === null) return refuse('issued-missing')
  if (iat * 1_000 > now + leeway) return refuse('issued-in-future')
  if (nbf === null || nbf * 1_000 > now + leeway) return refuse('not-yet-valid')
  if (exp * 1_000 <= now - leeway) return refuse('expired')
  if (exp < iat || (exp - iat) * 1_000 > maxLife) return refuse('lives-too-long')
  if (now - iat * 1_000 > maxAge + leeway) return refuse('too-old')
  return accept({ issuedAt: iat * 1_000, expiresAt: exp * 1_000 })
}

/** Judges by whom, for whom and when a verified token was made; what else it says is the caller's affair. */
export const checkClaims = (claims: Claims, options: ClaimsOptions): Result<Times, ClaimsRefusal> => {
  if (claims['iss'] !== options.issuer) return refuse('issuer-wrong')
  if (!isFor(claims['aud'], options.audience, options.audienceIs !== 'among')) return refuse('audience-wrong')
  if (options.needs?.includes('sub') && !isText(claims['sub'])) return refuse('subject-missing')
  if (options.needs?.includes('jti') && !isText(claims['jti'])) return refuse('id-missing')
  return checkTimes(claims, options)
}
