import * as client from 'openid-client'
import { digest } from '../../lib/digest.ts'
import type { Random } from '../../lib/random.ts'
import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'
import type { Provider } from './provider.ts'
import type { StateHolder } from './sign-in-state.ts'

/** How long the page of the provider may take; afterwards nothing is claimed of what became of it. */
const LIFETIME = 10 * 60_000

const STATE = /^[A-Za-z0-9_-]{32}$/

const nameOf = ({ site, browser }: StateHolder, state: string): string =>
  keys.providerLogout(digest(`${site}\n${browser}\n${state}`))

/**
 * Signing out at the provider: by the browser, because a call from server to server leaves its cookie alive. The address to
 * come back to is fixed, never one out of a request (J-15).
 */
export const createProviderLogouts = ({ store, random }: { readonly store: Store; readonly random: Random }) => ({
  /** Null when the provider does not answer now, or has no sign-out: then the page says so. */
  begin: async (provider: Provider, holder: StateHolder, idToken: string): Promise<URL | null> => {
    if (provider.fault() !== null) return null
    const reached = await provider.reach()
    if (!reached.ok || reached.value.description.end_session_endpoint === undefined) return null
    const state = random.token(24)
    await store.set(nameOf(holder, state), provider.profile.method, LIFETIME)
    return client.buildEndSessionUrl(reached.value.configuration, {
      id_token_hint: idToken,
      post_logout_redirect_uri: provider.profile.postLogoutRedirectUri,
      state,
    })
  },
  /** Whether this browser comes back from there. A provider may forget the state: then nothing is claimed. */
  isBack: async (holder: StateHolder, state: string): Promise<boolean> =>
    STATE.test(state) && (await store.take(nameOf(holder, state))) !== null,
})

export type ProviderLogouts = ReturnType<typeof createProviderLogouts>
