import type { FactorSecrets } from '../../accounts/factor-secret.ts'
import type { Factors } from '../../accounts/factors.ts'
import type { AuditTrail } from '../../audit/events.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import type { Store } from '../../store/store.ts'

export interface TotpParts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly factors: Factors
  /** Secrets that wait in the store for their first code are closed like enrolled ones. */
  readonly secrets: FactorSecrets
  readonly trail: AuditTrail
}
