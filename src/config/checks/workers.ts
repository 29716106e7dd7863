import { error } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

/** A worker that is busy for a moment does not hang. */
const SHORTEST = 2_000

/** Sessions in the memory of one process are no sessions to another one. */
export const checkWorkers: Check = function* ({ workers, store, 'worker-silence': silence }) {
  if (silence !== undefined && silence < SHORTEST) yield error(['worker-silence'], '2s or more', 'write 15s')
  if (store !== 'embedded' || workers === undefined || workers === 1) return
  yield error(
    ['workers'],
    '1, since `store: embedded` lives in the memory of one process',
    'remove `workers`, or name a Redis server in `store`',
  )
}
