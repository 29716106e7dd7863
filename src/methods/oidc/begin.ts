import * as client from 'openid-client'
import { createHash } from 'node:crypto'
import { accept, type Result } from '../../lib/result.ts'
import type { Provider, Unavailable } from './provider.ts'
import type { SignInState, SignInStates, StateHolder } from './sign-in-state.ts'

export interface Beginning {
  readonly holder: StateHolder
  /** Sealed target. */
  readonly to: string
  readonly attempt: string
  /** Somebody is signed in here: whoever answers has to prove now who they are. */
  readonly isAnew: boolean
  /** As browsers name it, for the pages of the provider. */
  readonly language: string
}

const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')

const parametersOf = (
  { profile }: Provider,
  state: string,
  { nonce, verifier, isAnew }: SignInState,
  language: string,
): Record<string, string> => ({
  redirect_uri: profile.redirectUri,
  response_type: 'code',
  scope: profile.scope,
  state,
  nonce,
  code_challenge: challengeOf(verifier),
  code_challenge_method: 'S256',
  ui_locales: language,
  ...(profile.acrValues !== null && { acr_values: profile.acrValues }),
  ...(profile.maxAge !== null && { max_age: String(Math.floor(profile.maxAge / 1_000)) }),
  ...(isAnew && { prompt: 'login' }),
})

/** Where the browser goes to prove who its owner is. */
export const beginAt = async (
  states: SignInStates,
  provider: Provider,
  { holder, to, attempt, isAnew, language }: Beginning,
): Promise<Result<URL, Unavailable>> => {
  const reached = await provider.reach()
  if (!reached.ok) return reached
  const { method, issuer } = provider.profile
  const { state, record } = await states.begin(holder, { method, issuer, to, attempt, isAnew })
  return accept(
    client.buildAuthorizationUrl(reached.value.configuration, parametersOf(provider, state, record, language)),
  )
}
