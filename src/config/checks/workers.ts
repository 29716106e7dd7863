import { error } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

/** Sessions in the memory of one process are no sessions to another one. */
export const checkWorkers: Check = function* ({ workers, store }) {
  if (store !== 'embedded' || workers === undefined || workers === 1) return
  yield error(
    ['workers'],
    '1, since `store: embedded` lives in the memory of one process',
    'remove `workers`, or name a Redis server in `store`',
  )
}
