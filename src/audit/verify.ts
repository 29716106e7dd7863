import type { Db } from '../database/tables.ts'
import { createChainCheck, type ChainCheck } from './chain-check.ts'
import { endsOf } from './chain.ts'
import { headAt, readStretch, stretchOf, type Period } from './read.ts'
import { createSealCheck } from './seal.ts'

export interface VerifyParts {
  readonly db: Db
  readonly keys: readonly Buffer[]
  /** The whole chain when it is left out. */
  readonly period?: Period
  /** What logs say of ends of then, by place. */
  readonly logged: ReadonlyMap<number, string>
  readonly onProgress: (done: number, total: number) => void
}

/** The chain's note of its ends and the last event there is, at one moment. */
const readState = (db: Db) =>
  db
    .selectFrom('audit_chain')
    .selectAll()
    .select((query) =>
      query
        .selectFrom('audit')
        .select(({ fn }) => fn.max('seq').as('seq'))
        .as('max_seq'),
    )
    .executeTakeFirstOrThrow()

type State = Awaited<ReturnType<typeof readState>>

const checkBeginning = (check: ChainCheck, { first_seq: first, before_first: before }: State): void => {
  const { purged } = check
  if (first === 1 && purged === undefined) return
  if (purged?.seq !== first - 1 || purged.hash !== before) check.add({ kind: 'beginning-unexplained', seq: first })
}

const checkEnd = (check: ChainCheck, state: State, parts: VerifyParts): void => {
  const { seq = state.first_seq - 1, hash = state.before_first } = check.last ?? {}
  const lastLogged = Math.max(0, ...[...parts.logged.keys()])
  if (seq < state.seq || seq < lastLogged) check.add({ kind: 'cut-off', seq, ...check.last })
  else if ((state.max_seq ?? 0) > state.seq) check.add({ kind: 'surplus', seq: state.seq })
  const isEmpty = state.seq === 0 && state.seal === ''
  const isSealed = isEmpty || createSealCheck(parts.keys).ofEnds(endsOf(state), state.seal)
  if (!isSealed || (seq === state.seq && hash !== state.hash)) check.add({ kind: 'ends-unsealed', seq: state.seq })
}

const verifyOnce = async (parts: VerifyParts): Promise<{ check: ChainCheck; state: State }> => {
  const { db, keys, period, logged, onProgress } = parts
  const state = await readState(db)
  const whole = { from: state.first_seq, to: state.seq }
  const stretch = period === undefined ? whole : await stretchOf(db, period)
  const after = stretch === null ? undefined : await headAt(db, stretch.from - 1)
  const check = createChainCheck({ after, seals: createSealCheck(keys), logged })
  if (stretch !== null) {
    for await (const links of readStretch(db, stretch)) {
      for (const link of links) check.take(link)
      onProgress(check.count, stretch.to - stretch.from + 1)
    }
  }
  if (period === undefined) {
    checkBeginning(check, state)
    checkEnd(check, state, parts)
  }
  return { check, state }
}

/**
 * Checks the chain in the table, all of it or what was written in a period. Events that are written meanwhile are left for
 * the next time; when a purge took the beginning away meanwhile, it starts again.
 */
export const verifyTrail = async (parts: VerifyParts): Promise<ChainCheck> => {
  for (;;) {
    const { check, state } = await verifyOnce(parts)
    if (check.flawCount === 0) return check
    const now = await readState(parts.db)
    if (now.first_seq === state.first_seq) return check
  }
}
