import { z } from 'zod'
import { digest } from '../lib/digest.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { METHOD_IDS } from '../policy/schema.ts'
import { keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'

/** How long a sign-in may take from the password to the end (R3). */
export const ATTEMPT_LIFETIME = 15 * 60_000

/** Sign-ins under way per browser; the oldest goes when another begins (R3). */
const ATTEMPTS_PER_BROWSER = 8

const attemptSchema = z.object({
  /** SHA-256 of the handle that the pages carry; names the attempt in the store and binds its codes. */
  digest: z.string(),
  browser: z.string(),
  site: z.string(),
  realm: z.string(),
  account: z.string(),
  proved: z.array(z.enum(METHOD_IDS)),
  /** What the person is asked for now; null while they choose, or have an obligation to meet. */
  asking: z.object({ method: z.enum(METHOD_IDS), choice: z.string() }).nullable(),
  /** What the person wants to enrol as soon as they are signed in. */
  then: z.enum(METHOD_IDS).nullable(),
  /** The person wants this browser remembered once everything is proved. */
  remember: z.literal(true).optional(),
  /** When the password that began it was set, where the gate keeps it: with another one the attempt is over. */
  passwordSetAt: z.number().nullable().optional(),
  /** The most that what was proved elsewhere is worth (J-11). */
  maxLevel: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional(),
  /** What methods keep to lie beside the session: see Evidence. */
  attached: z.array(z.object({ method: z.enum(METHOD_IDS), reference: z.string() })).optional(),
  target: z.object({ path: z.string(), restarts: z.number(), form: z.string().optional() }),
  startedAt: z.number(),
})

/** A sign-in under way, after its first method was proved. Lives on the server, so any node and any tab can go on (R4). */
export type Attempt = z.output<typeof attemptSchema>

export interface Attempts {
  /** Records a new attempt and gives the handle that the next page carries. */
  begin(fields: Omit<Attempt, 'digest' | 'startedAt'>): Promise<{ handle: string; attempt: Attempt }>
  /** The attempt of a handle, only for the browser and the site that began it (S-02); null when there is none any more. */
  find(handle: string, browser: string, site: string): Promise<Attempt | null>
  /** Writes what changed; null when somebody else changed it at the same moment, or it is over. */
  change(
    attempt: Attempt,
    fields: Partial<Pick<Attempt, 'proved' | 'asking' | 'then' | 'remember' | 'maxLevel' | 'attached'>>,
  ): Promise<Attempt | null>
  /** Takes the finished attempt away, once: among parallel callers on all nodes one gets true (T-02). */
  finish(attempt: Attempt): Promise<boolean>
}

const parse = (text: string): Attempt | null => {
  try {
    return attemptSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** One spelling for each attempt, whatever order its fields were put together in: `change` compares spellings. */
const write = (attempt: Attempt): string => JSON.stringify(attemptSchema.parse(attempt))

export const createAttempts = (parts: { store: Store; clock: Clock; random: Random }): Attempts => {
  const { store, clock, random } = parts

  const makeRoom = async (browser: string): Promise<void> => {
    const index = keys.browserAttempts(browser)
    const members = (await store.members(index)).sort()
    for (const member of members.slice(0, Math.max(0, members.length - ATTEMPTS_PER_BROWSER + 1))) {
      await store.delete(keys.attempt(member.slice(member.indexOf(':') + 1)))
      await store.removeMember(index, member)
    }
  }

  return {
    begin: async (fields) => {
      const handle = random.token(18)
      const attempt: Attempt = { ...fields, digest: digest(handle), startedAt: clock.now() }
      await makeRoom(attempt.browser)
      await store.set(keys.attempt(attempt.digest), write(attempt), ATTEMPT_LIFETIME, 'if-absent')
      const member = `${String(attempt.startedAt).padStart(15, '0')}:${attempt.digest}`
      await store.addMember(keys.browserAttempts(attempt.browser), member, ATTEMPT_LIFETIME)
      return { handle, attempt }
    },
    find: async (handle, browser, site) => {
      const text = await store.get(keys.attempt(digest(handle)))
      const attempt = text === null ? null : parse(text)
      return attempt !== null && attempt.browser === browser && attempt.site === site ? attempt : null
    },
    change: async (attempt, fields) => {
      const changed: Attempt = { ...attempt, ...fields }
      const isDone = await store.replace(keys.attempt(attempt.digest), write(attempt), write(changed))
      return isDone ? changed : null
    },
    finish: async (attempt) => (await store.take(keys.attempt(attempt.digest))) !== null,
  }
}
