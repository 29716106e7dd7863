import { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import type { PurposeKey } from '../../lib/digest.ts'
import type { Log } from '../../lib/log.ts'
import type { Random } from '../../lib/random.ts'
import type { Result } from '../../lib/result.ts'
import { practiceSchema, type Practice } from '../../policy/practice.ts'
import type { ProviderMethod } from '../../policy/provider-credentials.ts'
import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'
import { takeAnswer, type Answered, type AnswerRefusal, type ProviderProof } from './answer.ts'
import { beginAt, type Beginning } from './begin.ts'
import { judgeLogoutToken, type LogoutTokenRefusal } from './logout-token.ts'
import { createProviderLogouts, type ProviderLogouts } from './logout.ts'
import { profilesOf, type ProviderPlace, type ProviderProfile } from './profile.ts'
import { createPracticeChoices, type PracticeChoices } from './practice-choices.ts'
import { createProvider, type Provider, type Unavailable } from './provider.ts'
import { createProviderSessions, type EndedThere, type ProviderSessions } from './provider-sessions.ts'
import { createSignInStates, type StateHolder } from './sign-in-state.ts'

/** The providers of all sites: each is asked in the background, and none of them is waited for at the start (E-03). */
export interface Providers {
  /** Null where the site has none. */
  of(site: string, method: ProviderMethod): Provider | null
  all(): readonly Provider[]
  begin(provider: Provider, beginning: Beginning): Promise<Result<URL, Unavailable>>
  answer(provider: Provider, holder: StateHolder, parameters: URLSearchParams): Promise<Result<Answered, AnswerRefusal>>
  /** Whether this browser may be sent to a provider once more: people need a few goes, programs would have thousands. */
  mayBegin(browser: string): Promise<boolean>
  /** Names a session at a provider, for `attach`. */
  attachedOf(profile: ProviderProfile, proof: Pick<ProviderProof, 'subject' | 'sid'>, practice?: Practice): string
  /** The practice in such a name, where there is one. */
  practiceIn(reference: string): Practice | null
  /** Notes, once a session of the gate is open, which of the provider's it belongs to. */
  readonly attach: (reference: string, opened: { readonly digest: string; readonly endsAt: number }) => Promise<void>
  readonly sessions: ProviderSessions
  readonly practices: PracticeChoices
  readonly logouts: ProviderLogouts
  /** Whether one more message of a provider is looked at now; a signature costs, and anybody may send one (J-14). */
  mayTell(provider: Provider): boolean
  judgeLogoutToken(provider: Provider, token: string): Promise<Result<EndedThere, LogoutTokenRefusal>>
  close(): Promise<void>
}

export interface ProvidersParts {
  readonly store: Store
  readonly random: Random
  readonly clock: Clock
  readonly log: Log
  readonly key: PurposeKey
  readonly places: readonly ProviderPlace[]
}

/** Ways to providers that one browser may begin, and in which time. */
const BEGINNINGS = { most: 40, within: 10 * 60_000 }

/** Messages of one provider that a process looks at in a second. A region signs out far less often. */
const MESSAGES_PER_SECOND = 50

const createTurns = (clock: Clock): ((name: string) => boolean) => {
  const counts = new Map<string, { readonly second: number; readonly count: number }>()
  return (name) => {
    const second = Math.floor(clock.now() / 1_000)
    const before = counts.get(name)
    const count = before?.second === second ? before.count + 1 : 1
    counts.set(name, { second, count })
    return count <= MESSAGES_PER_SECOND
  }
}

const attachedSchema = z.object({
  site: z.string(),
  issuer: z.string(),
  subject: z.string(),
  sid: z.string().nullable(),
  practice: practiceSchema.optional(),
})

export const createProviders = (parts: ProvidersParts): Providers => {
  const { store, clock, log, places } = parts
  const states = createSignInStates(parts)
  const sessions = createProviderSessions(parts)
  const turns = createTurns(clock)
  const providers = places.flatMap(profilesOf).map((profile) => createProvider(profile, { clock, log }))
  return {
    of: (site, method) => {
      const isIt = ({ profile }: Provider) => profile.site === site && profile.method === method
      return providers.find(isIt) ?? null
    },
    all: () => providers,
    begin: (provider, beginning) => beginAt(states, provider, beginning),
    answer: (provider, holder, parameters) => takeAnswer({ states, clock }, provider, holder, parameters),
    mayBegin: async (browser) =>
      (await store.increment(keys.count('provider', browser), BEGINNINGS.within)) <= BEGINNINGS.most,
    attachedOf: ({ site, issuer }, { subject, sid }, practice) =>
      JSON.stringify({ site, issuer, subject, sid, practice }),
    practiceIn: (reference) => attachedSchema.parse(JSON.parse(reference)).practice ?? null,
    attach: async (reference, { digest, endsAt }) => {
      const { site, issuer, subject, sid } = attachedSchema.parse(JSON.parse(reference))
      const session = { issuer, subject, sid }
      await sessions.note(site, session, digest, endsAt)
    },
    sessions,
    practices: createPracticeChoices(parts),
    logouts: createProviderLogouts(parts),
    mayTell: (provider) => turns(provider.profile.issuer),
    judgeLogoutToken: (provider, token) => judgeLogoutToken({ store, clock }, provider, token),
    close: async () => {
      await Promise.all(providers.map((provider) => provider.close()))
    },
  }
}
