import type { AccountDirectory } from '../accounts/directory.ts'
import { createOwnPasswords } from '../accounts/own-passwords.ts'
import type { AuditTrail } from '../audit/events.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import type { Mailer } from '../mail/mail.ts'
import type { Notices } from '../notices/index.ts'
import { createPasswords, type Passwords } from '../passwords/index.ts'
import type { OnPasswordChanged } from '../passwords/parts.ts'
import type { Renderers } from '../render/renderer.ts'
import type { Lifecycle } from '../session/lifecycle.ts'
import type { Throttle } from '../sign-in/throttle.ts'
import type { Foundations } from './foundations.ts'
import type { AppSettings } from './settings.ts'

/** Sessions that the former password has opened end with it (S-08, T-23). */
const endSessions =
  (lifecycle: Lifecycle, trail: AuditTrail): OnPasswordChanged =>
  async ({ account: { realm, id: account }, keep }) => {
    for (const { digest, record } of await lifecycle.endAll(realm, account, 'password-changed', keep)) {
      const { site, login } = record
      trail.record({ event: 'session.revoked', site, account, login, session: digest, detail: 'password changed' })
    }
  }

const tellOwner =
  (notices: Pick<Notices, 'tell'>): OnPasswordChanged =>
  ({ account, at, visitor }) =>
    notices.tell({ kind: 'password-changed', account }, { at, visitor })

/** The life of passwords, and what follows when one is changed: more of that is one more entry of `onChanged`. */
export const joinPasswords = (
  foundations: Foundations,
  { clock, random, log }: AppSettings,
  mail: { readonly mailer: Mailer; readonly renderers: Renderers },
  signIn: { readonly directory: AccountDirectory; readonly throttle: Throttle },
  notices: Pick<Notices, 'tell'>,
): Passwords => {
  const { store, keyring, database, trail, lifecycle, hasher } = foundations
  return createPasswords({
    own: createOwnPasswords(database.db, { hasher, clock }),
    ...signIn,
    store,
    clock,
    random,
    ...mail,
    key: purposeKey(keyring, 'password'),
    trail,
    log,
    onChanged: [tellOwner(notices), endSessions(lifecycle, trail)],
  })
}
