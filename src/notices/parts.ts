import type { Devices } from '../accounts/devices.ts'
import type { AccountDirectory } from '../accounts/directory.ts'
import type { Factors } from '../accounts/factors.ts'
import type { PasswordToInvalidate } from '../accounts/password-invalid.ts'
import type { AuditTrail } from '../audit/events.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import type { Mailer } from '../mail/mail.ts'
import type { Renderers } from '../render/renderer.ts'
import type { Lifecycle } from '../session/lifecycle.ts'
import type { Store } from '../store/store.ts'

export interface NoticeParts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly mailer: Mailer
  readonly renderers: Renderers
  readonly trail: AuditTrail
  readonly log: Log
  /** As they are stored: what is taken back here is told by the page, and by no further notice. */
  readonly factors: Pick<Factors, 'of' | 'remove'>
  readonly devices: Pick<Devices, 'forget'>
  readonly directory: Pick<AccountDirectory, 'findById'>
  readonly lifecycle: Pick<Lifecycle, 'endAll'>
  /** False where the password is kept elsewhere. */
  readonly invalidatePassword: (password: PasswordToInvalidate) => Promise<boolean>
}
