import * as client from 'openid-client'
import { verifyJws, type JwsRefusal } from '../../identity/jws/verify.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import { isJsonObject, parseStrictJson } from '../../lib/strict-json.ts'
import type { ProviderProfile } from './profile.ts'
import type { Reached } from './reached.ts'

/** What the provider says of a person; a value is whatever it is until somebody has looked at it. */
export type Userinfo = Readonly<Record<string, unknown>>

export type UserinfoRefusal =
  JwsRefusal | 'userinfo-status' | 'userinfo-type' | 'userinfo-malformed' | 'userinfo-issuer' | 'userinfo-subject'

/** The longest signed userinfo: people with many practices have long ones. */
const MAX_JWT = 262_144

const typeOf = (response: Response): string =>
  (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''

const readJson = (text: string): Result<Userinfo, UserinfoRefusal> => {
  const read = parseStrictJson(text)
  return read.ok && isJsonObject(read.value) ? accept(read.value) : refuse('userinfo-malformed')
}

/** Signed for somebody else, it says nothing of ours; where it names nobody, the connection it came over says it. */
const isForUs = (claims: Userinfo, { issuer, clientId }: ProviderProfile): boolean => {
  const { iss, aud } = claims as { iss?: unknown; aud?: unknown }
  const named: unknown[] = Array.isArray(aud) ? aud : [aud]
  return (iss === undefined || iss === issuer) && (aud === undefined || named.includes(clientId))
}

const readJwt = async (
  token: string,
  profile: ProviderProfile,
  { keys }: Reached,
): Promise<Result<Userinfo, UserinfoRefusal>> => {
  const { algorithms } = profile
  const verified = await verifyJws(token.trim(), { algorithms, keys, types: [null, 'jwt'], maxLength: MAX_JWT })
  if (!verified.ok) return verified
  return isForUs(verified.value.claims, profile) ? accept(verified.value.claims) : refuse('userinfo-issuer')
}

/**
 * Asks who the person is. The userinfo is the source of the identity: the ID token of Pro Santé Connect tells little of it.
 * @param subject whom the ID token names: the userinfo of anybody else is none (OIDC Core §5.3.2)
 */
export const askUserinfo = async (
  profile: ProviderProfile,
  reached: Reached,
  accessToken: string,
  subject: string,
): Promise<Result<Userinfo, UserinfoRefusal>> => {
  const { description, configuration } = reached
  const { credentials } = profile
  const aliases = credentials.certificate === null ? undefined : description.mtls_endpoint_aliases
  const url = new URL(aliases?.userinfo_endpoint ?? description.userinfo_endpoint)
  const headers = new Headers({ accept: 'application/json, application/jwt' })
  const response = await client.fetchProtectedResource(configuration, accessToken, url, 'GET', undefined, headers)
  if (response.status !== 200) return refuse('userinfo-status')
  const type = typeOf(response)
  const text = await response.text()
  if (type !== 'application/json' && type !== 'application/jwt') return refuse('userinfo-type')
  const said = type === 'application/json' ? readJson(text) : await readJwt(text, profile, reached)
  if (!said.ok) return said
  return said.value['sub'] === subject ? said : refuse('userinfo-subject')
}
