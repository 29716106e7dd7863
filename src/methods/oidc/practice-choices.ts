import { z } from 'zod'
import { digest, type PurposeKey } from '../../lib/digest.ts'
import { closeEnvelope, NONCE_BYTES, openEnvelope } from '../../lib/envelope.ts'
import type { Random } from '../../lib/random.ts'
import { practiceSchema } from '../../policy/practice.ts'
import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'
import type { StateHolder } from './sign-in-state.ts'

/** How long the page waits that asks for the practice, milliseconds. */
const LIFETIME = 10 * 60_000

const schema = z.object({
  account: z.string(),
  nationalId: z.string(),
  maxLevel: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  issuer: z.string(),
  subject: z.string(),
  sid: z.string().nullable(),
  /** Handle of the sign-in under way that this is to complete, or empty. */
  attempt: z.string(),
  practices: z.array(practiceSchema),
})

/** A proof that waits until its owner has said in which practice they work now. */
export type WaitingProof = z.output<typeof schema>

const HANDLE = /^[A-Za-z0-9_-]{32}$/

const nameOf = ({ site, browser }: StateHolder, handle: string): string =>
  keys.practiceChoice(digest(`${site}\n${browser}\n${handle}`))

const bindingOf = ({ site }: StateHolder, handle: string) => ({ what: 'practice choice', site, handle })

/**
 * Proofs between the provider and the session, each for the browser that brought it, taken once on all nodes. They lie
 * encrypted with a key that needs the handle too: a dump of the store tells of nobody where they work.
 */
export const createPracticeChoices = (parts: {
  readonly store: Store
  readonly random: Random
  readonly key: PurposeKey
}) => {
  const { store, random, key } = parts
  const open = (holder: StateHolder, handle: string, text: string | null): WaitingProof | null => {
    const content = text === null ? null : openEnvelope(key.every(), bindingOf(holder, handle), text)
    return content === null ? null : schema.parse(JSON.parse(content.toString('utf8')))
  }
  return {
    /** @returns the handle that the page carries */
    offer: async (holder: StateHolder, waiting: WaitingProof): Promise<string> => {
      const handle = random.token(24)
      const nonce = Buffer.from(random.token(NONCE_BYTES), 'base64url')
      const content = Buffer.from(JSON.stringify(waiting))
      await store.set(
        nameOf(holder, handle),
        closeEnvelope(key.current(), nonce, bindingOf(holder, handle), content),
        LIFETIME,
      )
      return handle
    },
    /** Null for another browser, and when it is over. */
    find: async (holder: StateHolder, handle: string): Promise<WaitingProof | null> =>
      HANDLE.test(handle) ? open(holder, handle, await store.get(nameOf(holder, handle))) : null,
    /** The same, once. */
    take: async (holder: StateHolder, handle: string): Promise<WaitingProof | null> =>
      HANDLE.test(handle) ? open(holder, handle, await store.take(nameOf(holder, handle))) : null,
  }
}

export type PracticeChoices = ReturnType<typeof createPracticeChoices>
