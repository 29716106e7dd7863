import type { AccountDirectory } from '../accounts/directory.ts'
import { createFactorSecrets } from '../accounts/factor-secret.ts'
import { createDevices } from '../accounts/devices.ts'
import { createIdentities } from '../accounts/identities.ts'
import { createFactors } from '../accounts/factors.ts'
import { createRememberedPractices } from '../accounts/practice-choices.ts'
import { createPasskeyCredentials } from '../accounts/passkey-credentials.ts'
import type { Mailer } from '../mail/mail.ts'
import { createEmailCodeMethod } from '../methods/email-code/index.ts'
import { createAddressEnrolment } from '../methods/email-code/confirm-address.ts'
import { createAddressLetterWriter, createLetterWriter } from '../methods/email-code/letter.ts'
import { createPasswordMethod } from '../methods/password/index.ts'
import { createPasskeyEnrolment } from '../methods/passkey/enrol.ts'
import { createPasskeys } from '../methods/passkey/index.ts'
import { createRecoveryCodes } from '../methods/recovery-code/index.ts'
import { createTotpEnrolment } from '../methods/totp/enrol.ts'
import { createTotpMethod } from '../methods/totp/index.ts'
import type { Renderers } from '../render/renderer.ts'
import { createRecentEvents } from '../audit/recent.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import { createOffers, type StageParts } from '../sign-in/stage.ts'
import { createAttempts } from '../sign-in/attempt.ts'
import { createEvidenceOffer } from '../sign-in/evidence-offer.ts'
import { createPendingLinks } from '../sign-in/pending-links.ts'
import { createSignInFlow } from '../sign-in/flow.ts'
import { createKnownBrowsers } from '../sign-in/known-browsers.ts'
import { createThrottle, THROTTLE_PURPOSE } from '../sign-in/throttle.ts'
import type { Foundations } from './foundations.ts'
import { joinNotices } from './join-notices.ts'
import { joinPasswords } from './join-passwords.ts'
import type { AppSettings } from './settings.ts'

/** How people prove who they are: the list of methods, and the flow that asks for them. */
export const joinSignIn = (
  foundations: Foundations,
  settings: AppSettings,
  directory: AccountDirectory,
  mailer: Mailer,
  renderers: Renderers,
) => {
  const { store, keyring, database, trail } = foundations
  const { clock, random } = settings
  const knownBrowsers = createKnownBrowsers({ key: purposeKey(keyring, 'known-browser'), clock, random })
  const throttle = createThrottle({ store, key: purposeKey(keyring, THROTTLE_PURPOSE), known: knownBrowsers })
  const secrets = createFactorSecrets({ key: purposeKey(keyring, 'factor'), random })
  const factorParts = { db: database.db, clock, random, secrets }
  const stored = {
    factors: createFactors(factorParts),
    credentials: createPasskeyCredentials(factorParts),
    identities: createIdentities({ ...factorParts, directory }),
  }
  const devices = createDevices({ db: database.db, clock, random })
  const mail = { mailer, renderers }
  const told = joinNotices(foundations, settings, mail, { directory, devices }, stored)
  const { notices, factors, credentials, identities } = told
  const passwords = joinPasswords(foundations, settings, mail, { directory, throttle }, notices)
  const key = purposeKey(keyring, 'email-code')
  const letters = { write: createLetterWriter(renderers), writeAddress: createAddressLetterWriter(renderers) }
  const mailParts = { store, clock, random, mailer, ...letters, key, trail, factors }
  const emailCode = createEmailCodeMethod(mailParts)
  const totpParts = { store, clock, random, factors, secrets, trail }
  const recoveryCodes = createRecoveryCodes({ factors, random, key: purposeKey(keyring, 'recovery-code') })
  const passkeyParts = { store, random, factors, credentials, directory }
  const passkeys = createPasskeys(passkeyParts)
  const confirming = {
    'email-code': emailCode,
    totp: createTotpMethod(totpParts),
    passkey: passkeys,
    'recovery-code': recoveryCodes,
    cps: createEvidenceOffer('cps', identities),
    'pro-sante-connect': createEvidenceOffer('pro-sante-connect', identities),
    oidc: createEvidenceOffer('oidc', identities),
  }
  const stages: StageParts = {
    confirming,
    enrolable: ['totp', 'passkey'],
    obligationOf: (at, account, { proved }) => passwords.obligation(at, account, proved),
  }
  const flow = createSignInFlow({
    ...stages,
    attempts: createAttempts({ store, clock, random }),
    throttle,
    directory,
    factors,
    devices,
    clock,
    passwordSetAt: async ({ realm, id }) => (await passwords.find(realm, id))?.passwordSetAt ?? null,
    password: createPasswordMethod({ directory }),
    recognising: passkeys,
    identities,
    trail,
  })
  return {
    directory,
    identities,
    pendingLinks: createPendingLinks({ store, random }),
    factors,
    devices,
    rememberedPractices: createRememberedPractices({ db: database.db, clock }),
    notices,
    emailCode,
    recoveryCodes,
    passkeys,
    newPasskeys: createPasskeyEnrolment(passkeyParts),
    addresses: createAddressEnrolment(mailParts),
    totp: createTotpEnrolment(totpParts),
    offersOf: createOffers(stages),
    recentEvents: createRecentEvents(database),
    flow,
    passwords,
    knownBrowsers,
  }
}
