import type { Devices } from '../accounts/devices.ts'
import type { AccountDirectory } from '../accounts/directory.ts'
import { watchCredentials, watchFactors, watchIdentities, type FactorChange } from '../accounts/factors-watched.ts'
import type { Identities } from '../accounts/identities.ts'
import type { Factors } from '../accounts/factors.ts'
import type { PasskeyCredentials } from '../accounts/passkey-credentials.ts'
import { invalidatePassword } from '../accounts/password-invalid.ts'
import type { Mailer } from '../mail/mail.ts'
import { createNotices, type Notices } from '../notices/index.ts'
import { currentVisit } from '../portal/current-visit.ts'
import type { Renderers } from '../render/renderer.ts'
import type { Foundations } from './foundations.ts'
import type { AppSettings } from './settings.ts'

export interface JoinedNotices {
  readonly notices: Notices
  /** Whoever changes factors by one of these, the owner is told (R31). */
  readonly factors: Factors
  readonly credentials: PasskeyCredentials
  readonly identities: Identities
}

/** What people are told of their account. @param stored factors as they lie in the database */
export const joinNotices = (
  { store, database, trail, lifecycle }: Foundations,
  { clock, random, log }: AppSettings,
  mail: { readonly mailer: Mailer; readonly renderers: Renderers },
  accounts: { readonly directory: AccountDirectory; readonly devices: Devices },
  stored: Omit<JoinedNotices, 'notices'>,
): JoinedNotices => {
  const notices = createNotices({
    store,
    clock,
    random,
    ...mail,
    ...accounts,
    trail,
    log,
    factors: stored.factors,
    lifecycle,
    invalidatePassword: (password) => invalidatePassword({ db: database.db, clock }, password),
  })
  const changed = async ({ change, factor }: FactorChange): Promise<void> => {
    const origin = currentVisit(clock)
    const account =
      origin === null
        ? null
        : await accounts.directory.findById(origin.at.realm, factor.account).catch((thrown: unknown) => {
            log.error({ err: thrown }, 'an account could not be looked up')
            return null
          })
    if (origin !== null && account !== null)
      await notices.tell({ kind: `factor-${change}`, account, factors: [factor] }, origin)
    else log.error({ change, kind: factor.kind }, 'a factor has changed, and nobody could be told')
  }
  return {
    notices,
    factors: watchFactors(stored.factors, changed),
    credentials: watchCredentials(stored.credentials, changed),
    identities: watchIdentities(stored.identities, changed),
  }
}
