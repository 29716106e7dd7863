import { setTimeout as pause } from 'node:timers/promises'
import type { AccountsTable, Db } from '../../database/tables.ts'
import type { Clock } from '../../lib/clock.ts'
import { codeOf } from '../../lib/errors.ts'
import type { Log } from '../../lib/log.ts'
import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'
import type { Links } from './links.ts'
import type { AccountSource, Standing } from './source.ts'

export interface LinkedWatch {
  /** Looks now, whoever else has just done it; for tests. Never throws. */
  look(): Promise<void>
  close(): void
}

export interface LinkedWatchParts {
  readonly db: Db
  readonly store: Pick<Store, 'set'>
  /** Its name in the instance file. */
  readonly source: string
  readonly standings: AccountSource['standings']
  readonly links: Links
  /** Ends the sessions that a former password has opened. */
  readonly endSessions: (realm: string, account: string) => Promise<unknown>
  readonly clock: Clock
  readonly log: Log
  /** Time between two rounds, milliseconds. */
  readonly every: number
  /** Nobody is signed in for longer than this after a proof, milliseconds. */
  readonly reach: number
  /** How long somebody who is missing is given to appear again, milliseconds: tables are emptied and filled anew. */
  readonly patience?: number
}

const PATIENCE = 5_000
const CHUNK = 40

/**
 * Asks a source about the people who may be signed in: those who are closed or gone there are closed here, which ends
 * their sessions (S-08), and a new password ends those that the former one opened. One node does it for all. A source that
 * does not answer changes nothing: sessions go on, and the next round tries again (E-04).
 */
export const watchLinked = (parts: LinkedWatchParts): LinkedWatch => {
  const { db, store, source, standings, links, endSessions, clock, log, every, reach, patience = PATIENCE } = parts
  let isFailing = false
  let isClosed = false

  const act = async (row: AccountsTable, standing: Standing | undefined): Promise<void> => {
    if (standing === 'closed' || standing === 'gone') await links.close(row, standing)
    if (standing !== 'password-changed') return
    await endSessions(row.realm, row.id)
    await links.forgetPassword(row)
  }

  const askAbout = async (rows: readonly AccountsTable[]): Promise<void> => {
    const told = await standings(rows)
    for (const row of rows) if (told.get(row.id) !== 'gone') await act(row, told.get(row.id))
    const missing = rows.filter((row) => told.get(row.id) === 'gone')
    if (missing.length === 0) return
    await pause(patience, undefined, { ref: false })
    if (isClosed) return
    const again = await standings(missing)
    for (const row of missing) await act(row, again.get(row.id))
  }

  const round = async (): Promise<void> => {
    const rows = await db
      .selectFrom('accounts')
      .selectAll()
      .where('source', '=', source)
      .where('proved_at', '>', clock.now() - reach)
      .where('disabled_at', 'is', null)
      .execute()
    for (let from = 0; from < rows.length; from += CHUNK) await askAbout(rows.slice(from, from + CHUNK))
  }

  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
      isFailing = false
    } catch (thrown) {
      if (!isFailing)
        log.error(
          { source, code: codeOf(thrown), err: thrown },
          'people of a source cannot be looked after; trying again',
        )
      isFailing = true
    }
  }

  let looking: Promise<void> | undefined
  const lookOnce = (work: () => Promise<void>): Promise<void> =>
    (looking ??= guarded(work).finally(() => (looking = undefined)))
  const inTurn = async (): Promise<void> => {
    // A little less than a round: whoever comes first after it takes the next one.
    if (await store.set(keys.sourceRound(source), '1', Math.ceil(every * 0.9), 'if-absent')) await round()
  }
  const timer = setInterval(() => void lookOnce(inTurn), every)
  timer.unref()
  return {
    look: () => lookOnce(round),
    close: () => {
      isClosed = true
      clearInterval(timer)
    },
  }
}
