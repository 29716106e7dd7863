import type { Clock } from '../../lib/clock.ts'
import { digest } from '../../lib/digest.ts'
import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'

/** Far longer than any call lives; renewed by each call. */
const MARK_LIFETIME = 20 * 86_400_000

/** Remembers which calls were taken, on all nodes, for as long as they could be sent again. */
export interface Once {
  /** Begins to remember, if nothing remembers yet: what was made before now is not taken. For the start of the gate. */
  begin(): Promise<void>
  /** Takes a call, once among any number of callers on all nodes. */
  take(call: {
    readonly partner: string
    readonly id: string
    readonly issuedAt: number
    readonly expiresAt: number
  }): Promise<'taken' | 'used' | 'memory-lost'>
}

/**
 * A store that has lost its memory does not know which calls were used. It is told by a mark that says since when it
 * remembers: gone with the rest, it is set anew, and what was made before it is refused, with what clocks may differ. The
 * call is written first and the mark read after: whatever happens between the two, a used call is never taken for a new one.
 * @param leeway what the clocks of partners may differ, milliseconds
 */
export const createOnce = ({ store, clock }: { store: Store; clock: Clock }, leeway: number): Once => {
  const mark = async (): Promise<number> => {
    const known = await store.get(keys.callMemory())
    if (known !== null && Number.isFinite(Number(known))) return Number(known)
    const now = clock.now()
    const isFirst = await store.set(keys.callMemory(), String(now), MARK_LIFETIME, 'if-absent')
    return isFirst ? now : Number((await store.get(keys.callMemory())) ?? Infinity)
  }
  let renewedAt = Number.NEGATIVE_INFINITY

  return {
    begin: async () => {
      await mark()
    },
    take: async ({ partner, id, issuedAt, expiresAt }) => {
      const now = clock.now()
      const key = keys.callUsed(digest(`${partner}\0${id}`))
      const life = Math.max(1_000, Math.ceil(expiresAt + leeway - now) + 1_000)
      const isNew = await store.set(key, '1', life, 'if-absent')
      const since = await mark()
      if (now - renewedAt > 3_600_000) {
        renewedAt = now
        await store.extend(keys.callMemory(), MARK_LIFETIME)
      }
      if (!isNew) return 'used'
      return issuedAt <= since + leeway ? 'memory-lost' : 'taken'
    },
  }
}
