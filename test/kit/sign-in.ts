import { randomBytes } from 'node:crypto'
import { createFactorSecrets } from '../../src/accounts/factor-secret.ts'
import type { Factors } from '../../src/accounts/factors.ts'
import type { Identities } from '../../src/accounts/identities.ts'
import type { Account, AccountDirectory } from '../../src/accounts/directory.ts'
import type { AuditEvent } from '../../src/audit/events.ts'
import type { PurposeKey } from '../../src/lib/digest.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { accept, refuse } from '../../src/lib/result.ts'
import type { Mail, MailState } from '../../src/mail/mail.ts'
import { createPasskeys } from '../../src/methods/passkey/index.ts'
import { createRecoveryCodes, type RecoveryCodes } from '../../src/methods/recovery-code/index.ts'
import { createTotpEnrolment, type TotpEnrolment } from '../../src/methods/totp/enrol.ts'
import { createTotpMethod } from '../../src/methods/totp/index.ts'
import { createEmailCodeMethod } from '../../src/methods/email-code/index.ts'
import { createPasswordMethod } from '../../src/methods/password/index.ts'
import { siteSchema, type SiteFile } from '../../src/policy/schema.ts'
import { createWays } from '../../src/policy/ways.ts'
import { createAttempts } from '../../src/sign-in/attempt.ts'
import { createEvidenceOffer } from '../../src/sign-in/evidence-offer.ts'
import { createSignInFlow, type SignInFlow } from '../../src/sign-in/flow.ts'
import type { FlowSite } from '../../src/sign-in/flow-site.ts'
import type { Obligation } from '../../src/sign-in/obligation.ts'
import { createKnownBrowsers, type KnownBrowsers } from '../../src/sign-in/known-browsers.ts'
import { createThrottle, type Throttle } from '../../src/sign-in/throttle.ts'
import type { Visitor } from '../../src/sign-in/visitor.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { createManualClock, type ManualClock } from './clock.ts'
import { memoryFactors } from './factors.ts'

export const PASSWORD = 'Une-phrase-de-passe'

export const account = (fields: Partial<Account> = {}): Account => ({
  id: 'account-1',
  realm: 'onco-test',
  login: 'c.exemple',
  name: 'Camille Exemple',
  givenName: 'Camille',
  familyName: 'Exemple',
  email: 'camille.exemple@hopital.example.test',
  nationalId: '899900000003',
  roles: ['medecin'],
  disabled: false,
  ...fields,
})

export const siteFile = (fields: Partial<SiteFile> = {}): SiteFile => ({
  site: 'onco-test',
  hosts: ['dcc.example.test'],
  name: 'Dossier Communicant de Cancérologie',
  network: 'Réseau de test',
  upstream: { url: 'http://127.0.0.1:9' },
  ways: [{ id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' }],
  'email-code': { from: 'WebDCR@example.test' },
  support: { name: 'Votre référent RCP', phone: '01 99 00 00 00' },
  ...fields,
})

/** A directory of invented people who all have the one password above; a plain comparison stands for the hash. */
const directoryOf = (
  accounts: readonly Account[],
  onCheck: () => void,
  fault: () => Error | null,
): AccountDirectory => ({
  provePassword: (realm, login, password) => {
    const thrown = fault()
    if (thrown !== null) return Promise.reject(thrown)
    onCheck()
    const found = accounts.find((one) => one.realm === realm && one.login === login.toLowerCase())
    if (found === undefined) return Promise.resolve(refuse({ cause: 'unknown', account: null }))
    if (password !== PASSWORD) return Promise.resolve(refuse({ cause: 'wrong', account: found }))
    return Promise.resolve(found.disabled ? refuse({ cause: 'disabled', account: found }) : accept(found))
  },
  findById: (realm, id) => Promise.resolve(accounts.find((one) => one.realm === realm && one.id === id) ?? null),
})

/** Looks among these accounts, as the table is looked in. */
const memoryIdentities = (accounts: readonly Account[]): Identities => ({
  find: (realm, identity) => {
    const found = accounts.filter(
      (one) => one.realm === realm && identity.kind === 'national-id' && one.nationalId === identity.nationalId,
    )
    const [one, ...others] = found.filter(({ disabled }) => !disabled)
    if (one !== undefined)
      return Promise.resolve(others.length === 0 ? accept(one) : refuse({ cause: 'ambiguous', account: null }))
    const [closed] = found
    return Promise.resolve(refuse({ cause: closed === undefined ? 'unknown' : 'disabled', account: closed ?? null }))
  },
  isNamed: ({ nationalId }) => Promise.resolve(nationalId !== null),
  nationalIdOf: ({ nationalId }) => Promise.resolve(nationalId),
  link: () => Promise.reject(new Error('linking is a matter of the whole gate: test/flow/linking')),
})

export interface MailedCode {
  readonly to: string
  readonly code: string
}

export interface SignInKit {
  readonly flow: SignInFlow
  /** The site as it is now: ways open and close with the clock. */
  readonly at: FlowSite
  readonly factors: Factors
  readonly knownBrowsers: KnownBrowsers
  readonly totp: TotpEnrolment
  readonly recoveryCodes: RecoveryCodes
  /** What must be done before the next session is opened. */
  obligation: Obligation | null
  readonly clock: ManualClock
  readonly store: Store
  readonly mails: MailedCode[]
  readonly events: AuditEvent[]
  /** Verifications of passwords so far, those against nobody's hash included. */
  readonly hashes: () => number
  readonly visitor: (fields?: Partial<Visitor>) => Visitor
  /** What the directory of accounts throws instead of answering. */
  directoryFault: Error | null
  readonly throttle: Throttle
  readonly key: PurposeKey
  /** What became of mails: the next ones end like this. */
  mailOutcome: Exclude<MailState, 'queued'>
}

const blankMail: Mail = { from: '', to: '', subject: '', text: '', html: '', language: 'fr' }

/** The whole sign-in without HTTP: real flow, real methods, real store in memory; only clock and mail box are ours. */
export const createSignInKit = (
  options: { accounts?: readonly Account[]; site?: Partial<SiteFile>; store?: Store } = {},
): SignInKit => {
  const clock = createManualClock()
  const store = options.store ?? createMemoryStore({ clock })
  const secret = randomBytes(32)
  const key = { current: () => secret, every: () => [secret] }
  const site = siteSchema.parse(siteFile(options.site))
  const mails: MailedCode[] = []
  const events: AuditEvent[] = []
  let hashes = 0
  const trail = { record: (event: AuditEvent) => void events.push(event), close: () => Promise.resolve() }
  const directory = directoryOf(
    options.accounts ?? [account()],
    () => (hashes += 1),
    () => kit.directoryFault,
  )
  const kit = {
    mailOutcome: 'sent' as Exclude<MailState, 'queued'>,
    obligation: null as Obligation | null,
    directoryFault: null as Error | null,
  }
  const factors = memoryFactors(clock)
  // Remembered devices are a matter of the whole gate: test/flow/remembered-device.
  const devices = { remembrance: () => Promise.resolve(null) }
  const secrets = createFactorSecrets({ key, random: systemRandom })
  const totpParts = { store, clock, random: systemRandom, factors, secrets, trail }
  const recoveryCodes = createRecoveryCodes({ factors, random: systemRandom, key })
  const { credentials } = factors
  const passkeys = createPasskeys({ store, random: systemRandom, factors, credentials, directory })
  const identities = memoryIdentities(options.accounts ?? [account()])
  const waysAt = createWays(site.ways)
  const knownBrowsers = createKnownBrowsers({ key, clock, random: systemRandom })
  const throttle = createThrottle({ store, key, known: knownBrowsers })
  const emailCode = createEmailCodeMethod({
    store,
    clock,
    random: systemRandom,
    key,
    trail,
    factors,
    write: (letter) => {
      mails.push({ to: letter.to, code: letter.code })
      return blankMail
    },
    writeAddress: (letter) => {
      mails.push({ to: letter.to, code: letter.code })
      return blankMail
    },
    mailer: { enqueue: (_mail, onState) => onState?.(kit.mailOutcome), close: () => Promise.resolve() },
  })
  return Object.assign(kit, {
    flow: createSignInFlow({
      attempts: createAttempts({ store, clock, random: systemRandom }),
      throttle,
      directory,
      password: createPasswordMethod({ directory }),
      factors,
      confirming: {
        'email-code': emailCode,
        totp: createTotpMethod(totpParts),
        passkey: passkeys,
        'recovery-code': recoveryCodes,
        cps: createEvidenceOffer('cps', identities),
      },
      recognising: passkeys,
      identities,
      enrolable: ['totp', 'passkey'],
      clock,
      devices,
      passwordSetAt: () => Promise.resolve(null),
      obligationOf: () => Promise.resolve(kit.obligation),
      trail,
    }),
    at: {
      site,
      origin: 'https://dcc.example.test',
      realm: 'onco-test',
      get ways() {
        return waysAt(clock.now(), '192.0.2.10')
      },
    },
    factors,
    knownBrowsers,
    throttle,
    key,
    recoveryCodes,
    totp: createTotpEnrolment(totpParts),
    clock,
    store,
    mails,
    events,
    hashes: () => hashes,
    visitor: (fields: Partial<Visitor> = {}): Visitor => ({
      address: '192.0.2.10',
      device: 'Firefox, Windows',
      language: 'fr',
      browser: 'browser-1',
      reference: 'TEST00-00001',
      ...fields,
    }),
  })
}
