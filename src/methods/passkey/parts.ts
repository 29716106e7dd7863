import type { AccountDirectory } from '../../accounts/directory.ts'
import type { Factors } from '../../accounts/factors.ts'
import type { PasskeyCredentials } from '../../accounts/passkey-credentials.ts'
import type { Random } from '../../lib/random.ts'
import type { Store } from '../../store/store.ts'

export interface PasskeyParts {
  readonly store: Store
  readonly random: Random
  readonly factors: Pick<Factors, 'of' | 'replaceSecret'>
  readonly credentials: PasskeyCredentials
  readonly directory: Pick<AccountDirectory, 'findById'>
}
