import type { Database } from '../database/open.ts'
import type { Clock } from '../lib/clock.ts'
import { codeOf } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'

export interface DisabledWatch {
  /** Looks now; for tests, and for whoever does not want to wait. Never throws. */
  look(): Promise<void>
  close(): void
}

export interface DisabledWatchParts {
  readonly endSessions: (realm: string, account: string) => Promise<unknown>
  readonly clock: Clock
  readonly log: Log
  /** Time between two looks, milliseconds. */
  readonly every?: number
}

/** Commands run on other machines, whose clocks may be behind, or ahead. */
const CLOCK_SLACK = 600_000

/**
 * Ends the sessions of accounts that are found to be disabled, within seconds and whoever disabled them (S-08): a command
 * whose store did not answer, one that cannot reach a store in this process's memory, or a hand in the table. The first
 * look goes through all disabled accounts, later ones through those that are new. What fails is tried again.
 */
export const watchDisabled = (
  { db }: Pick<Database, 'db'>,
  { endSessions, clock, log, every = 2_000 }: DisabledWatchParts,
): DisabledWatch => {
  /** Accounts dealt with, and when they were disabled, as far back as the next look reaches. */
  const done = new Map<string, number>()
  let since = 0
  let isFailing = false

  const endNew = async (): Promise<void> => {
    const rows = await db
      .selectFrom('accounts')
      .select(['realm', 'id', 'disabled_at'])
      .where('disabled_at', '>', since)
      .orderBy('disabled_at')
      .execute()
    for (const { realm, id, disabled_at: disabledAt } of rows) {
      if (disabledAt === null || done.get(id) === disabledAt) continue
      await endSessions(realm, id)
      done.set(id, disabledAt)
    }
    since = Math.max(since, Math.min(rows.at(-1)?.disabled_at ?? 0, clock.now()) - CLOCK_SLACK)
    for (const [id, disabledAt] of done) if (disabledAt <= since) done.delete(id)
  }

  const look = async (): Promise<void> => {
    try {
      await endNew()
      isFailing = false
    } catch (thrown) {
      if (!isFailing) log.error({ code: codeOf(thrown) }, 'sessions of disabled accounts cannot be ended; trying again')
      isFailing = true
    }
  }

  let looking: Promise<void> | undefined
  const lookOnce = (): Promise<void> => (looking ??= look().finally(() => (looking = undefined)))
  const timer = setInterval(() => void lookOnce(), every)
  timer.unref()
  return { look: lookOnce, close: () => clearInterval(timer) }
}
