import { createFactorSecrets } from '../accounts/factor-secret.ts'
import { createFactors } from '../accounts/factors.ts'
import { createPasswordHasher } from '../accounts/password-hash.ts'
import { createSqlDirectory } from '../accounts/sql.ts'
import type { Mailer } from '../mail/mail.ts'
import { createEmailCodeMethod } from '../methods/email-code/index.ts'
import { createLetterWriter } from '../methods/email-code/letter.ts'
import { createPasswordMethod } from '../methods/password/index.ts'
import { createTotpEnrolment } from '../methods/totp/enrol.ts'
import { createTotpMethod } from '../methods/totp/index.ts'
import type { Renderers } from '../render/renderer.ts'
import { createAttempts } from '../sign-in/attempt.ts'
import { createSignInFlow } from '../sign-in/flow.ts'
import { createThrottle } from '../sign-in/throttle.ts'
import { purposeKey, type Foundations } from './foundations.ts'
import type { AppSettings } from './settings.ts'

/** How people prove who they are: the list of methods, and the flow that asks for them. */
export const joinSignIn = (
  foundations: Foundations,
  { clock, random }: AppSettings,
  mailer: Mailer,
  renderers: Renderers,
) => {
  const { store, keyring, database, trail } = foundations
  const directory = createSqlDirectory(database, createPasswordHasher())
  const secrets = createFactorSecrets({ key: purposeKey(keyring, 'factor'), random })
  const factors = createFactors({ db: database.db, clock, random, secrets })
  const key = purposeKey(keyring, 'email-code')
  const write = createLetterWriter(renderers)
  const emailCode = createEmailCodeMethod({ store, clock, random, mailer, write, key, trail, factors })
  const totpParts = { store, clock, random, factors, secrets, trail }
  const flow = createSignInFlow({
    attempts: createAttempts({ store, clock, random }),
    throttle: createThrottle({ store, key: purposeKey(keyring, 'throttle') }),
    directory,
    factors,
    password: createPasswordMethod({ directory }),
    confirming: { 'email-code': emailCode, totp: createTotpMethod(totpParts) },
    enrolable: ['totp'],
    obligationOf: () => Promise.resolve(null),
    trail,
  })
  return { directory, factors, emailCode, totp: createTotpEnrolment(totpParts), flow }
}
