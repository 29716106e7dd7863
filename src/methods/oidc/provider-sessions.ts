import { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import { digest, type PurposeKey } from '../../lib/digest.ts'
import { closeEnvelope, NONCE_BYTES, openEnvelope } from '../../lib/envelope.ts'
import type { Random } from '../../lib/random.ts'
import { PROVIDER_METHODS } from '../../policy/provider-credentials.ts'
import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'

const schema = z.object({
  method: z.enum(PROVIDER_METHODS),
  issuer: z.string(),
  subject: z.string(),
  sid: z.string().nullable(),
  idToken: z.string(),
})

/** A session at a provider, as the gate keeps it beside its own: what ends it, and what it is called there. */
export type ProviderSession = z.output<typeof schema>

/** What a session is called at its provider. */
export type Named = Pick<ProviderSession, 'issuer' | 'subject' | 'sid'>

/** Which browser of which site: the handle is a cookie of ours that grants nothing. */
export interface Holder {
  readonly site: string
  readonly handle: string
}

/** How a provider names what has ended there. */
export type EndedThere = { readonly sid: string } | { readonly subject: string }

const nameOf = ({ site, handle }: Holder): string => keys.providerSession(digest(`${site}\n${handle}`))
const bindingOf = ({ site, handle }: Holder) => ({ what: 'provider session', site, handle })

const indexOf = (site: string, issuer: string, ended: EndedThere): string => {
  const name = 'sid' in ended ? `sid ${ended.sid}` : `sub ${ended.subject}`
  return keys.providerSessions(digest(`${site}\n${issuer}\n${name}`))
}

/**
 * ID tokens for signing out, and which sessions of the gate belong to which at a provider. The token is kept for the browser
 * that holds the handle and opens with it alone: a dump of the store tells none (J-17).
 */
export const createProviderSessions = (parts: {
  readonly store: Store
  readonly random: Random
  readonly clock: Clock
  readonly key: PurposeKey
}) => {
  const { store, random, clock, key } = parts
  const open = (holder: Holder, text: string | null): ProviderSession | null => {
    const content = text === null ? null : openEnvelope(key.every(), bindingOf(holder), text)
    return content === null ? null : (schema.safeParse(JSON.parse(content.toString('utf8'))).data ?? null)
  }
  return {
    keep: async (holder: Holder, session: ProviderSession, life: number): Promise<void> => {
      const nonce = Buffer.from(random.token(NONCE_BYTES), 'base64url')
      const content = Buffer.from(JSON.stringify(session))
      await store.set(nameOf(holder), closeEnvelope(key.current(), nonce, bindingOf(holder), content), life)
    },
    find: async (holder: Holder) => open(holder, await store.get(nameOf(holder))),
    /** Takes it away: signing out there is tried once. */
    take: async (holder: Holder) => open(holder, await store.take(nameOf(holder))),
    /** Notes that a session of the gate was opened by this one of the provider. */
    note: async (site: string, session: Named, opened: string, endsAt: number): Promise<void> => {
      const { issuer, subject, sid } = session
      const names: EndedThere[] = [{ subject }, ...(sid === null ? [] : [{ sid }])]
      const life = Math.max(1, Math.floor(endsAt - clock.now()))
      await Promise.all(names.map((name) => store.addMember(indexOf(site, issuer, name), `${opened}:${endsAt}`, life)))
    },
    /** The sessions of the gate that end with it; they are forgotten here. */
    takeEnded: async (site: string, issuer: string, ended: EndedThere): Promise<readonly string[]> => {
      const index = indexOf(site, issuer, ended)
      const members = await store.members(index)
      await Promise.all(members.map((member) => store.removeMember(index, member)))
      return members.map((member) => member.slice(0, member.indexOf(':')))
    },
  }
}

export type ProviderSessions = ReturnType<typeof createProviderSessions>
