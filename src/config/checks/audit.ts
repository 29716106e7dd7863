import { warning } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

/** How long logs of who did what are kept: CNIL, deliberation 2021-122 of 14 October 2021. */
export const checkAudit: Check = function* ({ audit }) {
  const months = audit?.retention
  if (months === undefined || (months >= 6 && months <= 12)) return
  yield warning(
    ['audit', 'retention'],
    '6 to 12 months (CNIL 2021-122)',
    months < 6
      ? 'keep events for longer: what was done is often found out months later'
      : 'write down why events are needed for longer, or keep them for 12',
  )
}
