import * as client from 'openid-client'
import type { Clock } from '../../lib/clock.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import { judgeIdToken, type IdTokenRefusal } from './id-token.ts'
import { identityOf, type IdentityRefusal, type ProviderIdentity } from './identity.ts'
import { levelOf, type LevelRefusal } from './level.ts'
import { OutboundFault } from './outbound.ts'
import type { Level } from './profile.ts'
import type { Provider, Unavailable } from './provider.ts'
import type { Reached } from './reached.ts'
import type { SignInState, SignInStates, StateHolder } from './sign-in-state.ts'
import { askUserinfo, type Userinfo, type UserinfoRefusal } from './userinfo.ts'

/** Everything that the provider has proved of a person. */
export interface ProviderProof {
  readonly identity: ProviderIdentity
  readonly level: Level
  readonly subject: string
  /** Its session there, where it names one. */
  readonly sid: string | null
  /** Serves once more: to sign out there. For no page, no cookie, no log (J-17). */
  readonly idToken: string
  readonly userinfo: Userinfo
}

/** Why a browser came back with nothing; in one word each, for the trail. */
export type AnswerCause =
  | 'state' // never was, served, too old, of another browser
  | 'issuer' // the answer of another provider, or of one that does not say which
  | 'malformed'
  | 'refused-there' // the code, or the token, at the provider itself
  | 'token-malformed'
  | IdTokenRefusal
  | UserinfoRefusal
  | IdentityRefusal
  | LevelRefusal

export type AnswerRefusal =
  /** The provider says so itself; `error` is its code, one of the registered ones or `unknown`. */
  | { readonly reason: 'denied'; readonly error: string; readonly state: SignInState }
  | { readonly reason: 'unavailable'; readonly cause: Unavailable; readonly state: SignInState }
  | { readonly reason: 'refused'; readonly cause: AnswerCause; readonly state: SignInState | null }

export interface Answered {
  readonly proof: ProviderProof
  readonly state: SignInState
}

/** RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6: other words are somebody's own, and no text of theirs is written down. */
const ERRORS: ReadonlySet<string> = new Set([
  ...['access_denied', 'invalid_request', 'invalid_scope', 'server_error', 'temporarily_unavailable'],
  ...['unauthorized_client', 'unsupported_response_type', 'interaction_required', 'login_required'],
  ...['account_selection_required', 'consent_required', 'registration_not_supported', 'request_not_supported'],
])

/** Each of the parameters that count, once: of two, two readers could take different ones (J-06). */
const isWellFormed = (parameters: URLSearchParams): boolean =>
  ['state', 'code', 'iss', 'error'].every((name) => parameters.getAll(name).length <= 1)

/** RFC 9207 and RFC 9700 §4.4: the answer has to be of the provider that this browser was sent to. */
const isOfIssuer = (parameters: URLSearchParams, { description }: Reached): boolean => {
  const iss = parameters.get('iss')
  if (iss === null) return description.authorization_response_iss_parameter_supported !== true
  return iss === description.issuer
}

/** What the library throws for an answer that it does not take, in a word; what the network does is thrown on as it is. */
const causeOf = (thrown: unknown): AnswerCause => {
  if (thrown instanceof client.ResponseBodyError || thrown instanceof client.WWWAuthenticateChallengeError)
    return 'refused-there'
  if (thrown instanceof client.ClientError && !(thrown.cause instanceof OutboundFault)) return 'token-malformed'
  throw thrown instanceof client.ClientError ? thrown.cause : thrown
}

interface Exchange {
  readonly provider: Provider
  readonly reached: Reached
  readonly state: SignInState
  readonly clock: Clock
}

const provedAfter = ({ provider: { profile }, state, clock }: Exchange): number | null => {
  const oldest = profile.maxAge === null ? null : clock.now() - profile.maxAge
  return state.isAnew ? state.startedAt : oldest
}

const exchange = async (at: Exchange, url: URL): Promise<Result<ProviderProof, AnswerCause>> => {
  const { provider, reached, state, clock } = at
  const { profile } = provider
  const tokens = await client.authorizationCodeGrant(reached.configuration, url, {
    pkceCodeVerifier: state.verifier,
    expectedNonce: state.nonce,
    expectedState: url.searchParams.get('state') ?? '',
    idTokenExpected: true,
  })
  const idToken = tokens.id_token ?? ''
  const expected = { nonce: state.nonce, provedAfter: provedAfter(at), now: clock.now() }
  const judged = await judgeIdToken(idToken, profile, reached.keys, expected)
  if (!judged.ok) return judged
  const { subject, sid, claims } = judged.value
  const level = levelOf(profile, claims['acr'])
  if (!level.ok) return level
  const said = await askUserinfo(profile, reached, tokens.access_token, subject)
  if (!said.ok) return said
  const identity = identityOf(profile, subject, said.value)
  if (!identity.ok) return identity
  return accept({ identity: identity.value, level: level.value, subject, sid, idToken, userinfo: said.value })
}

const exchanged = async (at: Exchange, url: URL): Promise<Result<ProviderProof, AnswerCause>> => {
  try {
    return await exchange(at, url)
  } catch (thrown) {
    return refuse(causeOf(thrown))
  }
}

/**
 * Takes what the browser brings back from the provider: the state first, once, then whose answer it is, then the code, the ID
 * token and the userinfo. Whatever is not right ends here, and nothing of it has opened anything.
 */
export const takeAnswer = async (
  parts: { readonly states: SignInStates; readonly clock: Clock },
  provider: Provider,
  holder: StateHolder,
  parameters: URLSearchParams,
): Promise<Result<Answered, AnswerRefusal>> => {
  const wrong = (cause: AnswerCause, state: SignInState | null) => refuse({ reason: 'refused' as const, cause, state })
  if (!isWellFormed(parameters)) return wrong('malformed', null)
  const { profile } = provider
  const state = await parts.states.take(holder, profile.method, parameters.get('state') ?? '')
  if (state === null) return wrong('state', null)
  // The site file may have been changed while somebody was there.
  if (state.issuer !== profile.issuer) return wrong('issuer', state)
  const reached = await provider.reach()
  if (!reached.ok) return refuse({ reason: 'unavailable', cause: reached.reason, state })
  if (!isOfIssuer(parameters, reached.value)) return wrong('issuer', state)
  const error = parameters.get('error')
  if (error !== null) return refuse({ reason: 'denied', error: ERRORS.has(error) ? error : 'unknown', state })
  const url = new URL(profile.redirectUri)
  for (const name of ['code', 'state', 'iss']) {
    const value = parameters.get(name)
    if (value !== null) url.searchParams.set(name, value)
  }
  if ((url.searchParams.get('code') ?? '') === '') return wrong('malformed', state)
  const proof = await provider.ask((at) => exchanged({ provider, reached: at, state, clock: parts.clock }, url))
  if (!proof.ok) return refuse({ reason: 'unavailable', cause: proof.reason, state })
  return proof.value.ok ? accept({ proof: proof.value.value, state }) : wrong(proof.value.reason, state)
}
