import { z } from 'zod'
import { digest, type PurposeKey } from '../../lib/digest.ts'
import { closeEnvelope, NONCE_BYTES, openEnvelope } from '../../lib/envelope.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import { PROVIDER_METHODS, type ProviderMethod } from '../../policy/provider-credentials.ts'
import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'

/** How long somebody may take at the provider: to find the telephone, and to type a code there. */
export const STATE_LIFETIME = 15 * 60_000

const schema = z.object({
  method: z.enum(PROVIDER_METHODS),
  /** To whom the browser was sent: an answer of anybody else is none (RFC 9207). */
  issuer: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** Sealed target. */
  to: z.string(),
  /** Handle of the sign-in under way that this is to complete, or empty. */
  attempt: z.string(),
  /** The person was asked to prove anew who they are. */
  isAnew: z.boolean(),
  startedAt: z.number(),
})

/** What the gate has to know when the browser comes back. */
export type SignInState = z.output<typeof schema>

export interface StateParts {
  readonly store: Store
  readonly random: Random
  readonly clock: Clock
  readonly key: PurposeKey
}

/** Who began it: nobody else ends it, whatever they have in hand (J-01). */
export interface StateHolder {
  readonly site: string
  /** As attempts name it. */
  readonly browser: string
}

const STATE = /^[A-Za-z0-9_-]{43}$/

const nameOf = ({ site, browser }: StateHolder, state: string): string =>
  keys.providerState(digest(`${site}\n${browser}\n${state}`))

const bindingOf = ({ site }: StateHolder, state: string) => ({ what: 'provider state', site, handle: state })

/**
 * States of the authorization code flow: one for each start, taken once on all nodes, for the browser that began. They lie
 * encrypted with a key that needs the state itself, so that a dump of the store tells no code verifier and no nonce.
 */
export const createSignInStates = ({ store, random, clock, key }: StateParts) => ({
  /** @returns the `state` that the browser carries */
  begin: async (
    holder: StateHolder,
    fields: Omit<SignInState, 'startedAt' | 'nonce' | 'verifier'>,
  ): Promise<{ readonly state: string; readonly record: SignInState }> => {
    const state = random.token(32)
    const record = { ...fields, nonce: random.token(32), verifier: random.token(48), startedAt: clock.now() }
    const nonce = Buffer.from(random.token(NONCE_BYTES), 'base64url')
    const text = closeEnvelope(key.current(), nonce, bindingOf(holder, state), Buffer.from(JSON.stringify(record)))
    await store.set(nameOf(holder, state), text, STATE_LIFETIME)
    return { state, record }
  },
  /** Null for a state that never was, has served, has become too old, or is somebody else's. */
  take: async (holder: StateHolder, method: ProviderMethod, state: string): Promise<SignInState | null> => {
    if (!STATE.test(state)) return null
    const text = await store.take(nameOf(holder, state))
    const content = text === null ? null : openEnvelope(key.every(), bindingOf(holder, state), text)
    if (content === null) return null
    const record = schema.parse(JSON.parse(content.toString('utf8')))
    return record.method === method ? record : null
  },
})

export type SignInStates = ReturnType<typeof createSignInStates>
