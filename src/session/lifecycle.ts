import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/errors.ts'
import { keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'
import type { SessionCache } from './cache.ts'
import { DIGEST_START, sessionDigest } from './digest.ts'
import { createSessionEnds, type EndReason, type SessionEnds } from './ends.ts'
import { timeLeft } from './lifetime.ts'
import type { SessionRecord } from './record.ts'
import { readStoredSession, writeStoredSession } from './stored-session.ts'

export interface ListedSession {
  readonly digest: string
  readonly record: SessionRecord
}

/** A request that `createSessionMiddleware` has seen. */
export type SessionRequest = Pick<Express.Request, 'session' | 'sessionID'>

/** Beginning and end of sessions, valid on all nodes. Every operation throws `Fault('store-unavailable')` with the store. */
export interface Lifecycle {
  /**
   * Opens a session for somebody who has just proved who they are and gives its digest. The id is new, whatever the
   * browser held, and the session it held ends (S-01, S-20).
   */
  start(request: SessionRequest, record: SessionRecord): Promise<string>
  /**
   * Ends sessions, on this node when it answers and on the others as soon as the message arrives (S-05). Gives those that
   * were alive; ending one twice, or one that never was, does no harm.
   */
  end(reason: EndReason, ...digests: readonly string[]): Promise<readonly ListedSession[]>
  /** The sessions of an account, newest first. */
  list(realm: string, account: string): Promise<readonly ListedSession[]>
  /**
   * Ends the sessions of an account, but for one if asked. A sign-in that completes at the very moment may come after it:
   * who must exclude that (a disabled account) closes the sign-in first.
   */
  endAll(realm: string, account: string, reason: EndReason, except?: string): Promise<readonly ListedSession[]>
  /** Sessions whose digest begins so, all with an empty text; for operators' commands. Not a digest: none. */
  find(digestStart: string, limit?: number): Promise<readonly ListedSession[]>
}

export interface LifecycleParts {
  readonly store: Store
  readonly cache: Pick<SessionCache, 'evict'>
  readonly clock: Clock
}

export const createLifecycle = (parts: LifecycleParts): Lifecycle => {
  const { store, clock } = parts
  const index = createAccountIndex(parts)
  const ends = createSessionEnds(parts)

  const read = async (digest: string): Promise<ListedSession | null> => {
    const text = await store.get(keys.session(digest))
    const stored = text === null ? null : readStoredSession(text)
    return stored?.ok === true && stored.value.endsAt > clock.now() ? { digest, record: stored.value } : null
  }

  const list = async (realm: string, account: string): Promise<readonly ListedSession[]> => {
    const found = await Promise.all((await index.digests(realm, account)).map(read))
    return found.filter((session) => session !== null).sort((a, b) => b.record.startedAt - a.record.startedAt)
  }

  const end: Lifecycle['end'] = async (reason, ...digests) => {
    const ended = await Promise.all(digests.map((digest) => endOne(parts, ends, reason, digest)))
    const alive = ended.filter((session) => session !== null)
    await Promise.all(alive.map((session) => index.remove(session)))
    return alive
  }

  return {
    start: async (request, record) => {
      if (request.session.person !== undefined) await end('replaced', sessionDigest(request.sessionID))
      try {
        await regenerate(request)
        request.session.person = record
        const digest = sessionDigest(request.sessionID)
        // First into the account's list: a session that is not listed could not be ended with the others (S-08).
        await Promise.all([index.add({ digest, record }), ends.begin(digest, record)])
        await create(parts, digest, request.session, record)
        return digest
      } catch (thrown) {
        // No cookie for a session that may not exist.
        request.session.destroy(() => undefined)
        throw thrown
      }
    },
    end,
    list,
    endAll: async (realm, account, reason, except) => {
      const digests = await index.digests(realm, account)
      return end(reason, ...digests.filter((digest) => digest !== except))
    },
    find: async (digestStart, limit = 100) => {
      if (!DIGEST_START.test(digestStart)) return []
      const start = keys.session('')
      const found = await store.scan(keys.session(digestStart), limit)
      const sessions = await Promise.all(found.map((key) => read(key.slice(start.length))))
      return sessions.filter((session) => session !== null)
    },
  }
}

const regenerate = ({ session }: SessionRequest): Promise<void> =>
  new Promise((resolve, reject) => {
    session.regenerate((thrown: unknown) => {
      if (thrown === null || thrown === undefined) resolve()
      else reject(thrown instanceof Error ? thrown : new Fault('fault', 'no new session id', { cause: thrown }))
    })
  })

/** The only place where a session's key comes into being; everything else writes over a present one or not at all (R13). */
const create = async (
  { store, clock }: LifecycleParts,
  digest: string,
  session: SessionRequest['session'],
  record: SessionRecord,
): Promise<void> => {
  const now = clock.now()
  const isNew = await store.set(
    keys.session(digest),
    writeStoredSession(session),
    timeLeft(record, now, now),
    'if-absent',
  )
  if (!isNew) throw new Fault('fault', 'a new session id was taken already')
}

const endOne = async (
  { store, cache }: LifecycleParts,
  ends: SessionEnds,
  reason: EndReason,
  digest: string,
): Promise<ListedSession | null> => {
  let text: string | null
  try {
    text = await store.take(keys.session(digest))
  } finally {
    // Even when the store did not answer: what it did is not known.
    cache.evict(digest)
  }
  const stored = text === null ? null : readStoredSession(text)
  const record = stored?.ok === true ? stored.value : null
  await ends.tell(digest, reason, record)
  return record === null ? null : { digest, record }
}

/**
 * Which sessions an account has. Entries carry the moment at which the session ends in any case, so that old ones can be
 * cleared away without looking at sessions, and without mistaking one that is just being written for one that is gone.
 */
const createAccountIndex = ({ store, clock }: LifecycleParts) => {
  const entryOf = ({ digest, record }: ListedSession): string => `${digest}:${record.endsAt}`
  const keyOf = ({ record }: ListedSession): string => keys.accountSessions(record.realm, record.account)
  const isOver = (entry: string): boolean => Number(entry.slice(entry.indexOf(':') + 1)) <= clock.now()
  return {
    add: async (session: ListedSession): Promise<void> => {
      const key = keyOf(session)
      await store.addMember(key, entryOf(session), Math.floor(session.record.endsAt - clock.now()))
      const entries = await store.members(key)
      await Promise.all(entries.filter(isOver).map((entry) => store.removeMember(key, entry)))
    },
    remove: (session: ListedSession): Promise<void> => store.removeMember(keyOf(session), entryOf(session)),
    digests: async (realm: string, account: string): Promise<string[]> => {
      const entries = await store.members(keys.accountSessions(realm, account))
      return entries.filter((entry) => !isOver(entry)).map((entry) => entry.slice(0, entry.indexOf(':')))
    },
  }
}
