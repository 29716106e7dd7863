import { checkClaims, type ClaimsRefusal } from '../../identity/jws/claims.ts'
import { verifyJws, type JwsRefusal } from '../../identity/jws/verify.ts'
import type { Clock } from '../../lib/clock.ts'
import { digest } from '../../lib/digest.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import { isJsonObject } from '../../lib/strict-json.ts'
import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'
import type { Provider, Unavailable } from './provider.ts'
import type { EndedThere } from './provider-sessions.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** A logout token is delivered at once; one that is older is a copy (OIDC Back-Channel Logout §4). */
const MAX_AGE = 3 * 60_000

/** Until a token could not serve a second time anyway. */
const REMEMBERED = 10 * 60_000

export type LogoutTokenRefusal =
  JwsRefusal | ClaimsRefusal | Unavailable | 'events-missing' | 'nonce-present' | 'nobody-named' | 'used'

/** Older Keycloak leaves `exp` out; its age is bounded by `iat` all the same. */
const withEnd = (claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  claims['exp'] === undefined && typeof claims['iat'] === 'number'
    ? { ...claims, exp: claims['iat'] + MAX_AGE / 1_000 }
    : claims

const isLogoutEvent = (events: unknown): boolean =>
  isJsonObject(events) && Object.hasOwn(events, EVENT) && isJsonObject(events[EVENT])

const nameOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= 255 ? value : null

/**
 * Judges a logout token by the list of OIDC Back-Channel Logout §2.6; each serves once, on all nodes (J-14). An ID token is
 * none: it has a nonce and no event.
 */
export const judgeLogoutToken = async (
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  provider: Provider,
  token: string,
): Promise<Result<EndedThere, LogoutTokenRefusal>> => {
  const { issuer, clientId, algorithms, clockSkew, site } = provider.profile
  const reached = await provider.reach()
  if (!reached.ok) return reached
  const { keys: keySource } = reached.value
  const verified = await verifyJws(token, { algorithms, keys: keySource, types: ['logout+jwt', 'jwt', null] })
  if (!verified.ok) return verified
  const { claims } = verified.value
  const timely = checkClaims(withEnd(claims), {
    issuer,
    audience: clientId,
    audienceIs: 'among',
    now: clock.now(),
    leeway: clockSkew,
    maxAge: MAX_AGE,
    needs: ['jti'],
  })
  if (!timely.ok) return timely
  if (!isLogoutEvent(claims['events'])) return refuse('events-missing')
  if (claims['nonce'] !== undefined) return refuse('nonce-present')
  const sid = nameOf(claims['sid'])
  const subject = nameOf(claims['sub'])
  if (sid === null && subject === null) return refuse('nobody-named')
  const once = keys.logoutToken(digest(`${site}\n${issuer}\n${claims['jti'] as string}`))
  if (!(await store.set(once, 'used', REMEMBERED, 'if-absent'))) return refuse('used')
  return accept(sid === null ? { subject: subject ?? '' } : { sid })
}
