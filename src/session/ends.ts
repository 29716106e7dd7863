import type { Clock } from '../lib/clock.ts'
import { channels, keys } from '../store/keys.ts'
import type { Store } from '../store/store.ts'
import type { SessionRecord } from './record.ts'

/**
 * Why somebody ended a session, in one word; `provider`: the one who had proved the person has ended its own. Closing an account is `revoked` like any other revocation: why it was closed is
 * nobody's business who holds its cookie.
 */
export const END_REASONS = ['signed-out', 'replaced', 'revoked', 'password-changed', 'provider'] as const
export type EndReason = (typeof END_REASONS)[number]

/** How a session came to its end: somebody ended it, or one of its limits did. */
export type HowEnded = EndReason | 'idle' | 'absolute'

/** The word of whoever watches over accounts, not of the person: what is under way for the session must stop too. */
export const isRevocation = (how: HowEnded | null): boolean => how === 'revoked' || how === 'password-changed'

/** How long after its absolute end it is still known how a session ended, and whose it was, milliseconds. */
export const REMEMBERED_AFTER = 3_600_000

/** What nodes tell one another about the end of a session. */
export interface EndMessage {
  readonly digest: string
  readonly reason: EndReason | null
}

const asReason = (word: string | undefined): EndReason | null => END_REASONS.find((known) => known === word) ?? null

export const readEndMessage = (message: string): EndMessage => {
  const [digest = '', word] = message.split(' ', 2)
  return { digest, reason: asReason(word) }
}

/** Calls for each session that ends anywhere, until the returned function is called. */
export const onSessionEnd = (
  store: Store,
  heard: (ended: EndMessage) => void,
  onGap?: () => void,
): Promise<() => Promise<void>> =>
  store.subscribe(channels.sessionEnded, (message) => heard(readEndMessage(message)), onGap)

/**
 * How sessions end, remembered beside them and longer than they last, so that the sign-in page says what is true (R32).
 * Every operation throws `Fault('store-unavailable')` with the store.
 */
export interface SessionEnds {
  /** When a session begins. */
  begin(digest: string, record: Pick<SessionRecord, 'endsAt'>): Promise<void>
  /** When somebody has ended it: writes down why and tells all nodes. */
  tell(digest: string, reason: EndReason, record: Pick<SessionRecord, 'endsAt'> | null): Promise<void>
  /** Of a session that is over; null when nothing is known of it any more. */
  how(digest: string): Promise<HowEnded | null>
}

export const createSessionEnds = ({ store, clock }: { store: Store; clock: Clock }): SessionEnds => {
  const write = async (digest: string, endsAt: number, reason: EndReason | null): Promise<void> => {
    const life = Math.floor(endsAt - clock.now()) + REMEMBERED_AFTER
    const text = reason === null ? String(endsAt) : `${endsAt} ${reason}`
    if (life > 0) await store.set(keys.sessionEnd(digest), text, life)
  }
  return {
    begin: (digest, { endsAt }) => write(digest, endsAt, null),
    tell: async (digest, reason, record) => {
      // Side by side: that nodes hear of it must not hang on whether the word could be written.
      await Promise.all([
        record === null ? undefined : write(digest, record.endsAt, reason),
        store.publish(channels.sessionEnded, `${digest} ${reason}`),
      ])
    },
    how: async (digest) => {
      const text = await store.get(keys.sessionEnd(digest))
      if (text === null) return null
      const [endsAt = '', word] = text.split(' ', 2)
      return asReason(word) ?? (clock.now() >= Number(endsAt) ? 'absolute' : 'idle')
    },
  }
}
