import type { Clock } from '../lib/clock.ts'
import type { Authenticated, Authorized } from './exchange.ts'

/** Fifth step: what the site's policy says of this person and this target. Decides, does nothing. */
export const authorize =
  (clock: Clock) =>
  (input: Authenticated): Authorized => ({
    ...input,
    decision: input.exchange.site.policy.decide(input.exchange.target, input.subject, {
      address: input.exchange.address,
      now: clock.now(),
    }),
  })
