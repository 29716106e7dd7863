import type { ProviderMethod } from '../policy/provider-credentials.ts'
import type { Message } from './message.ts'
import type { ShownPractice } from './practice-words.ts'

/**
 * Why somebody came back from a provider without a session. `expired`: the answer came too late, twice, or to another browser;
 * `too-weak`, `stale`: what the provider says of the proof is not enough here; `no-number`: it names no national number.
 */
export const PROVIDER_REFUSALS = [
  'cancelled',
  'unavailable',
  'expired',
  'too-weak',
  'stale',
  'no-number',
  'refused',
] as const
export type ProviderRefusalKind = (typeof PROVIDER_REFUSALS)[number]

/** The pages of people who come back from a provider; templates read nothing else. */
export interface ProviderPageModels {
  /** The person decides what comes next: nothing here goes round in circles (J-12). */
  'provider-refused': {
    readonly kind: ProviderRefusalKind
    readonly method: ProviderMethod
    /** What people call the provider. */
    readonly provider: string
    readonly retryHref: string
    readonly signInHref: string
    readonly reference: string
  }
  /** « Dans quelle structure travaillez-vous maintenant ? » */
  practice: {
    readonly action: string
    readonly csrf: string
    readonly pending: string
    readonly to: string
    readonly practices: readonly ShownPractice[]
    /** `practice.unknown`. */
    readonly error: Message | null
    readonly restartHref: string
  }
  /** « Vous êtes déconnecté. » */
  'signed-out': {
    readonly signInHref: string
    /**
     * The session at a provider: `ended` with this one; `open` perhaps, and what ends it; `unreachable`, so that nobody here
     * can say; null when there was none.
     */
    readonly provider: {
      readonly name: string
      readonly kind: 'ended' | 'open' | 'unreachable'
      readonly endHref: string | null
    } | null
  }
}
