import type { RequestHandler } from 'express'
import type { Devices } from '../accounts/devices.ts'
import type { RememberedPractices } from '../accounts/practice-choices.ts'
import type { Factors } from '../accounts/factors.ts'
import type { AccountDirectory } from '../accounts/directory.ts'
import type { AuditTrail } from '../audit/events.ts'
import type { RecentEvents } from '../audit/recent.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { ReturnTargets } from '../lib/return-target.ts'
import type { OutboxMail } from '../mail/outbox.ts'
import type { AddressEnrolment } from '../methods/email-code/confirm-address.ts'
import type { EmailCodeMethod } from '../methods/email-code/index.ts'
import type { PasskeyEnrolment } from '../methods/passkey/enrol.ts'
import type { Providers } from '../methods/oidc/index.ts'
import type { Passkeys } from '../methods/passkey/index.ts'
import type { RecoveryCodes } from '../methods/recovery-code/index.ts'
import type { TotpEnrolment } from '../methods/totp/enrol.ts'
import type { Identities } from '../accounts/identities.ts'
import type { SiteCalls } from '../methods/contextual-call/index.ts'
import type { MethodId } from '../policy/schema.ts'
import type { KeptForms } from '../kept-forms/kept-forms.ts'
import type { SessionOwners } from '../kept-forms/owners.ts'
import type { Notices } from '../notices/index.ts'
import type { Passwords } from '../passwords/index.ts'
import type { SessionEnds } from '../session/ends.ts'
import type { Expiry } from '../session/expiry.ts'
import type { Lifecycle } from '../session/lifecycle.ts'
import type { KnownBrowsers } from '../sign-in/known-browsers.ts'
import type { OffersOf } from '../sign-in/stage.ts'
import type { PendingLinks } from '../sign-in/pending-links.ts'
import type { SignInFlow } from '../sign-in/flow.ts'
import type { Views } from './views.ts'
import type { CardJourneys } from './card/journeys.ts'
import type { Browsers } from './browser.ts'
import type { Refusals } from './errors.ts'
import type { Pages } from './respond.ts'
import type { PortalSite } from './visit.ts'

/**
 * @param reference the method's own, as its Evidence gave it
 * @param session digest of the session that was opened, and when it ends at the latest, milliseconds
 */
export type Attach = (reference: string, session: { readonly digest: string; readonly endsAt: number }) => Promise<void>

/** What the pages are made of; app.ts joins it. */
export interface PortalParts {
  readonly clock: Clock
  readonly random: Random
  readonly pages: Pages
  readonly views: Views
  readonly refusals: Refusals
  readonly browsers: Browsers
  readonly targets: ReturnTargets
  readonly flow: SignInFlow
  readonly emailCode: EmailCodeMethod
  readonly totp: TotpEnrolment
  readonly passkeys: Passkeys
  readonly providers: Providers
  readonly cards: CardJourneys
  readonly newPasskeys: PasskeyEnrolment
  readonly addresses: AddressEnrolment
  readonly recoveryCodes: RecoveryCodes
  readonly factors: Factors
  readonly identities: Identities
  readonly pendingLinks: PendingLinks
  readonly devices: Devices
  readonly rememberedPractices: RememberedPractices
  readonly notices: Notices
  readonly offersOf: OffersOf
  readonly recentEvents: RecentEvents
  readonly directory: Pick<AccountDirectory, 'findById'>
  readonly passwords: Passwords
  readonly knownBrowsers: Pick<KnownBrowsers, 'remember'>
  /** Calls from record systems, site by site. */
  readonly calls: { of(site: string): SiteCalls | null }
  readonly countCall: (site: string, partner: string, result: string) => void
  readonly lifecycle: Lifecycle
  /** What methods do once the session is open that they have proved: put beside it what they kept for it. */
  readonly attach: Readonly<Partial<Record<MethodId, Attach>>>
  readonly expiry: Expiry
  readonly ends: SessionEnds
  /** Forms that arrived when their session had ended, and whose they are (R7). */
  readonly forms: { readonly kept: KeptForms; readonly owners: SessionOwners }
  /** express-session for a site: only the routes that open a session run it. */
  readonly sessionFor: (site: PortalSite) => RequestHandler
  readonly jwks: () => object
  readonly trail: AuditTrail
  /** Mails of the demonstration; null for a real instance, which then has no such page. */
  readonly outbox: (() => readonly OutboxMail[]) | null
}
