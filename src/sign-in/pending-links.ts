import { z } from 'zod'
import { digest } from '../lib/digest.ts'
import type { Random } from '../lib/random.ts'
import { keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'
import { EVIDENCE_METHODS, type Evidence } from './evidence.ts'

/** How long the page waits that asks whether to link, milliseconds. */
const LIFETIME = 10 * 60_000

const pendingSchema = z.object({
  account: z.string(),
  evidence: z.object({
    method: z.enum(EVIDENCE_METHODS),
    identity: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('national-id'), nationalId: z.string() }),
      z.object({ kind: z.literal('subject'), issuer: z.string(), subject: z.string() }),
    ]),
    trace: z.string(),
  }),
})
type Pending = z.output<typeof pendingSchema>

/** Proofs that wait until their owner has said that they are to lead to their account (G19). */
export interface PendingLinks {
  /** @returns the handle that the page carries */
  offer(account: string, evidence: Evidence): Promise<string>
  /** Null for another account, and when it is over. */
  find(account: string, handle: string): Promise<Pending['evidence'] | null>
  /** The same, once on all nodes. */
  take(account: string, handle: string): Promise<Pending['evidence'] | null>
}

const readFor = (account: string, text: string | null): Pending['evidence'] | null => {
  if (text === null) return null
  const pending = pendingSchema.parse(JSON.parse(text))
  return pending.account === account ? pending.evidence : null
}

export const createPendingLinks = ({ store, random }: { store: Store; random: Random }): PendingLinks => ({
  offer: async (account, { method, identity, trace }) => {
    const handle = random.token(18)
    const pending: Pending = { account, evidence: { method, identity, trace } }
    await store.set(keys.pendingLink(digest(handle)), JSON.stringify(pending), LIFETIME, 'if-absent')
    return handle
  },
  find: async (account, handle) => readFor(account, await store.get(keys.pendingLink(digest(handle)))),
  take: async (account, handle) => {
    const key = keys.pendingLink(digest(handle))
    // Somebody else's is left to them.
    if (readFor(account, await store.get(key)) === null) return null
    return readFor(account, await store.take(key))
  },
})
