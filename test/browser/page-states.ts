import type { PageModels, PageName } from '../../src/portal/pages.ts'
import { groupedSecret, keyUri, qrCode } from '../../src/methods/totp/key-uri.ts'
import { siteSchema, type Site } from '../../src/policy/schema.ts'
import { noticeStates } from './notice-states.ts'
import { accountPage, OFFERS, poorAccount } from './account-states.ts'
import { callStates } from './call-states.ts'
import { arrivalStates } from './arrival-states.ts'
import { cardStates } from './card-states.ts'
import { ENROLABLE, passkeyStates } from './passkey-states.ts'
import { providerStates } from './provider-states.ts'
import { passwordStates } from './password-states.ts'
import { practiceStates } from './practice-states.ts'

/** One page in one state, with invented people and addresses. */
export interface PageState {
  readonly id: string
  readonly site: Site | null
  readonly page: PageName
  readonly model: PageModels[PageName]
}

const LEGAL = {
  fr: 'Les professionnels de santé sont soumis au secret professionnel et aux règles déontologiques du secret médical. Conformément à la charte des utilisateurs, vous vous engagez à ne consulter que les dossiers des patients que vous prenez en charge.',
  en: 'Health professionals are bound by professional secrecy and by the ethics of medical confidentiality. By the users’ charter, you undertake to open only the records of patients in your care.',
}

export const site = siteSchema.parse({
  site: 'onco',
  hosts: ['dcc.example.test'],
  name: 'Dossier Communicant de Cancérologie',
  'short-name': 'DCC',
  network: 'Réseau régional de cancérologie',
  upstream: { url: 'http://127.0.0.1:8080' },
  ways: [{ id: 'mailed-code', methods: ['password', 'email-code'] }],
  'email-code': { from: 'WebDCR@example.test' },
  support: {
    name: { fr: 'Votre référent RCP', en: 'Your RCP referent' },
    phone: '01 99 00 12 34',
    email: 'referent.rcp@example.test',
    hours: { fr: 'Du lundi au vendredi, de 9 h à 17 h', en: 'Monday to Friday, 9 am to 5 pm' },
  },
})

const training = siteSchema.parse({
  ...{
    site: 'training',
    hosts: ['formation.example.test'],
    prefix: '/_formation',
    training: true,
    network: 'Réseau régional de cancérologie',
  },
  ...{ name: 'Dossier Communicant de Cancérologie', 'short-name': 'DCC' },
  upstream: { url: 'http://127.0.0.1:8080' },
  ways: [{ id: 'mailed-code', methods: ['password', 'email-code'] }],
  'email-code': { from: 'WebDCR@example.test' },
  theme: { accent: '#7a2e6e', 'accent-dark': '#e7b3de' },
  support: { name: { fr: 'Votre référent RCP', en: 'Your RCP referent' } },
})

export const sites: readonly Site[] = [site, training]

const signIn: PageModels['sign-in'] = {
  action: '/_portillon/sign-in',
  csrf: 'csrf',
  to: 'sealed.target',
  login: '',
  hasTarget: true,
  ways: [{ id: 'mailed-code', kind: 'email-code', endsOn: null }],
  closedWays: [],
  error: null,
  information: null,
  notices: [],
  legal: LEGAL.fr,
  forgottenHref: '/_portillon/password/forgot',
  arrivals: [],
}

const code: PageModels['code'] = {
  action: '/_portillon/sign-in/code',
  resendAction: '/_portillon/sign-in/code/resend',
  csrf: 'csrf',
  attempt: 'attempt',
  to: 'sealed.target',
  maskedEmail: 'z***.o***@hopital.example.test',
  sender: 'WebDCR@example.test',
  digits: 6,
  expiresIn: 598,
  resendIn: 28,
  lifetimeMinutes: 10,
  error: null,
  information: null,
  mail: 'sent',
  rememberDays: null,
  hasOthers: false,
  otherHref: '/_portillon/sign-in?to=sealed.target',
}

const choice: PageModels['choice'] = {
  action: '/_portillon/sign-in/choice',
  csrf: 'csrf',
  attempt: 'attempt',
  to: 'sealed.target',
  offers: OFFERS,
  enrolable: [],
  enrolling: null,
  error: null,
  restartHref: '/_portillon/sign-in?to=sealed.target',
}
const addresses = choice.offers.slice(0, 2)

const totp: PageModels['totp'] = {
  action: '/_portillon/sign-in/code',
  csrf: 'csrf',
  attempt: 'attempt',
  to: 'sealed.target',
  label: 'Téléphone professionnel',
  error: null,
  rememberDays: null,
  otherHref: '/_portillon/sign-in/choice?attempt=attempt',
}

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const application: PageModels['application'] = {
  action: '/_portillon/account/application',
  csrf: 'csrf',
  attempt: '',
  to: 'sealed.target',
  qrCode: qrCode(keyUri(site, { login: 'z.oeuvrard' }, SECRET)),
  keyUri: keyUri(site, { login: 'z.oeuvrard' }, SECRET),
  groupedSecret: groupedSecret(SECRET),
  issuer: 'DCC – Réseau régional de cancérologie',
  login: 'z.oeuvrard',
  label: '',
  isForced: false,
  error: null,
  cancelHref: '/_portillon/account',
  passkeyHref: null,
}
const clockApart = { key: 'totp.clockApart', values: { minutes: 3, behind: 'yes' } }

const address: PageModels['address'] = {
  action: '/_portillon/account/address',
  csrf: 'csrf',
  pending: null,
  email: '',
  digits: 6,
  lifetimeMinutes: 10,
  error: null,
  cancelHref: '/_portillon/account',
}
const addressWrong = (reason: string): PageModels['address'] => ({
  ...address,
  email: 'secretariat@hopital.example.test',
  error: { key: `address.${reason}`, values: { left: 3, minutes: 12 } },
})
const keptForm: PageModels['kept-form'] = {
  sendAction: '/_portillon/kept-form',
  dropAction: '/_portillon/kept-form/drop',
  csrf: 'csrf',
  form: 'handle',
  page: '/dcc/ui/patient.jsp?id=1024&onglet=rcp',
  sentTo: '/dcc/ui/rcp-note.jsp',
  at: '2026-11-23T13:32:05.000Z',
  name: 'Zoé Œuvrard',
  fields: 2,
  files: 0,
  size: 1_840,
  isUnsure: false,
  from: null,
}

const refusal = (code: PageModels['refusal']['code'], status: number): PageModels['refusal'] => ({
  code,
  status,
  reference: '7KQ2-M4XD-91',
  time: '2026-11-23T13:32:05.000Z',
  retryHref: '/',
})

const state = <P extends PageName>(id: string, page: P, model: PageModels[P], of: Site | null = site): PageState => ({
  id,
  site: of,
  page,
  model,
})

const NOTICES: PageModels['sign-in']['notices'] = [
  { kind: 'information', text: 'Nouveau guide de connexion : demandez-le à votre référent RCP.' },
  { kind: 'warning', text: 'Le DCC sera arrêté le jeudi 3 décembre, de 20 h à 22 h, pour une mise à jour.' },
]

export const pageStates: readonly PageState[] = [
  state('recovery-code', 'recovery-code', { ...totp, error: null }),
  state('recovery-code-wrong', 'recovery-code', { ...totp, error: { key: 'recovery.wrong' } }),
  state('recovery-codes', 'recovery-codes', {
    codes: Array.from({ length: 10 }, (_, nth) => `7K4QD-M2XV${nth}`),
    login: 'z.oeuvrard',
    at: '2026-11-23T08:02:00.000Z',
    continueHref: '/_portillon/account',
  }),
  state('account', 'account', accountPage),
  state('account-poor', 'account', poorAccount),
  state('account-done', 'account', { ...accountPage, information: { key: 'account.removed' } }),
  state('account-last', 'account', { ...accountPage, error: { key: 'account.lastFactor' } }),
  state('address', 'address', address),
  ...['malformed', 'domain-refused', 'not-nominative', 'known', 'full', 'too-often'].map((reason) =>
    state(`address-${reason}`, 'address', addressWrong(reason)),
  ),
  state('address-code', 'address', { ...address, pending: 'zoe@cabinet.example.test' }),
  state('address-code-wrong', 'address', { ...addressWrong('wrong'), pending: 'zoe@cabinet.example.test' }),
  state('choice', 'choice', choice),
  state('choice-first', 'choice', { ...choice, offers: addresses, enrolable: ENROLABLE }),
  state('choice-prove', 'choice', { ...choice, offers: addresses, enrolable: ENROLABLE, enrolling: 'totp' }),
  ...cardStates.map(({ id, page, model }) => state(id, page, model)),
  ...passkeyStates({ signIn, choice }).map(({ id, page, model }) => state(id, page, model)),
  state('choice-unknown', 'choice', { ...choice, error: { key: 'choice.unknown' } }),
  state('totp', 'totp', totp),
  state('totp-unnamed', 'totp', { ...totp, label: '', error: { key: 'totp.wrong' } }),
  state('totp-used', 'totp', { ...totp, error: { key: 'totp.used' } }),
  state('totp-clock', 'totp', { ...totp, error: clockApart }),
  state('totp-closed', 'totp', { ...totp, error: { key: 'code.closed' } }),
  state('totp-throttled', 'totp', { ...totp, error: { key: 'code.throttled', values: { minutes: 4 } } }),
  state('application', 'application', application),
  state('application-wrong', 'application', { ...application, label: 'Tablette', error: { key: 'application.wrong' } }),
  state('application-clock', 'application', { ...application, error: clockApart }),
  state('application-expired', 'application', { ...application, error: { key: 'application.expired' } }),
  state('application-forced', 'application', {
    ...application,
    attempt: 'attempt',
    isForced: true,
    cancelHref: null,
    passkeyHref: '/_portillon/sign-in/new-passkey',
  }),
  state('application-added', 'application-added', { label: '', continueHref: '/' }),
  state('sign-in', 'sign-in', signIn),
  state('sign-in-error', 'sign-in', { ...signIn, login: 'z.oeuvrard', error: { key: 'signIn.wrong' } }),
  state('sign-in-required', 'sign-in', {
    ...signIn,
    error: { key: 'signIn.required', values: { field: 'both' } },
  }),
  state('sign-in-throttled', 'sign-in', {
    ...signIn,
    login: 'z.oeuvrard',
    error: { key: 'signIn.throttled', values: { minutes: 4 } },
  }),
  state('sign-in-closed', 'sign-in', { ...signIn, login: 'z.oeuvrard', error: { key: 'signIn.closed' } }),
  state('sign-in-wave', 'sign-in', { ...signIn, login: 'z.oeuvrard', error: { key: 'signIn.wave' } }),
  state('sign-in-expired', 'sign-in', {
    ...signIn,
    information: { key: 'signIn.expired', values: { minutes: 30 } },
  }),
  state('sign-in-revoked', 'sign-in', { ...signIn, information: { key: 'signIn.ended.revoked' } }),
  state('sign-in-form-lost', 'sign-in', { ...signIn, information: { key: 'signIn.formLost' } }),
  state('sign-in-form-kept', 'sign-in', {
    ...signIn,
    information: { key: 'signIn.formKept', values: { minutes: 30 } },
  }),
  state('sign-in-form-too-large', 'sign-in', {
    ...signIn,
    information: { key: 'signIn.formTooLarge', values: { size: 1 } },
  }),
  state('sign-in-file-too-large', 'sign-in', {
    ...signIn,
    information: { key: 'signIn.formFileTooLarge', values: { size: 0.5 } },
  }),
  state('sign-in-again', 'sign-in', { ...signIn, information: { key: 'signIn.again' } }),
  state('sign-in-notices', 'sign-in', {
    ...signIn,
    hasTarget: false,
    notices: NOTICES,
    ways: [{ id: 'mailed-code', kind: 'email-code', endsOn: '2026-12-31' }],
    closedWays: [{ id: 'old', kind: 'password', from: null, until: '2026-11-01' }],
  }),
  state('sign-in-two-ways', 'sign-in', {
    ...signIn,
    ways: [
      { id: 'mailed-code', kind: 'email-code', endsOn: null },
      { id: 'password-only', kind: 'password', endsOn: null },
    ],
  }),
  state('sign-in-closed', 'sign-in', {
    ...signIn,
    ways: [],
    closedWays: [{ id: 'mailed-code', kind: 'email-code', from: '2027-01-04', until: null }],
  }),
  state('sign-in-training', 'sign-in', signIn, training),
  state('code', 'code', code),
  state('code-error', 'code', { ...code, error: { key: 'code.wrong', values: { left: 3 } }, resendIn: 0 }),
  state('code-malformed', 'code', { ...code, error: { key: 'code.malformed', values: { digits: 6 } } }),
  state('code-replaced', 'code', { ...code, error: { key: 'code.replaced' } }),
  state('code-resent', 'code', { ...code, information: { key: 'code.resent' }, mail: 'queued' }),
  state('code-too-soon', 'code', { ...code, information: { key: 'code.resendTooSoon', values: { seconds: 12 } } }),
  state('code-expired', 'code', { ...code, error: { key: 'code.expired' }, expiresIn: 0, resendIn: 0 }),
  state('code-dead', 'code', { ...code, error: { key: 'code.dead' }, expiresIn: 0, resendIn: 0 }),
  state('code-last-second', 'code', { ...code, expiresIn: 1, resendIn: 1 }),
  state('code-mail-failed', 'code', { ...code, mail: 'failed', resendIn: 0 }),
  state('code-mail-failed-other', 'code', { ...code, mail: 'failed', resendIn: 0, hasOthers: true }),
  state('no-factor', 'no-factor', { restartHref: '/_portillon/sign-in' }),
  ...[...passwordStates, ...noticeStates({ code, totp })].map(({ id, page, model }) => state(id, page, model)),
  state('forgotten', 'forgotten', { backHref: '/_portillon/sign-in' }),
  state('sign-out', 'sign-out', { action: '/_portillon/sign-out', csrf: 'csrf', name: 'Zoé Œuvrard', backHref: '/' }),
  state('signed-out', 'signed-out', { signInHref: '/_portillon/sign-in', provider: null }),
  state('signed-in', 'signed-in', {
    name: 'Zoé Œuvrard',
    since: '2026-11-23T08:05:00.000Z',
    continueHref: '/',
    signOutHref: '/_portillon/sign-out',
  }),
  state('kept-form', 'kept-form', keptForm),
  state('kept-form-file', 'kept-form', { ...keptForm, fields: 4, files: 1, size: 482_000, sentTo: '/dcc/upload' }),
  state('kept-form-unsure', 'kept-form', { ...keptForm, isUnsure: true }),
  state('kept-form-link', 'kept-form', {
    ...keptForm,
    page: '/',
    sentTo: '/dcc/appel',
    from: 'dpi.ch-exemple.example.test',
  }),
  ...(['sent', 'declined', 'foreign', 'expired'] as const).map((reason) =>
    state(`kept-form-${reason}`, 'kept-form-gone', { reason, continueHref: '/' }),
  ),
  state('signed-in-again', 'signed-in-again', { name: 'Zoé Œuvrard', signOutHref: '/_portillon/sign-out' }),
  state('cookies-refused', 'cookies-refused', { retryHref: '/_portillon/sign-in' }),
  ...callStates.map(({ id, page, model }) => state(id, page, model)),
  ...[...arrivalStates(signIn), ...providerStates, ...practiceStates].map(({ id, page, model }) =>
    state(id, page, model),
  ),
  state('loop', 'loop', { retryHref: '/_portillon/sign-in', reference: '7KQ2-M4XD-91' }),
  state('refusal-403', 'refusal', refusal('forbidden', 403)),
  state('refusal-502', 'refusal', refusal('upstream-unreachable', 502)),
  state('refusal-421', 'refusal', { ...refusal('host-unknown', 421), retryHref: null }, null),
  state('refusal-431', 'refusal', refusal('headers-too-large', 431)),
  state('outbox', 'outbox', {
    signInHref: '/_portillon/sign-in',
    mails: [
      {
        to: 'zoe.oeuvrard@hopital.example.test',
        subject: 'Votre code de connexion au DCC',
        sentAt: '2026-11-23T13:32:05.000Z',
        text: 'Voici votre code pour vous connecter au Dossier Communicant de Cancérologie.\n\n482 913\n\nValable jusqu’à 14:42.',
        code: '482913',
      },
      {
        to: 'paul.martin@hopital.example.test',
        subject: 'Votre code de connexion au DCC',
        sentAt: '2026-11-23T13:20:41.000Z',
        text: 'Voici votre code.',
        code: '071244',
      },
    ],
  }),
  state('outbox-empty', 'outbox', { signInHref: '/_portillon/sign-in', mails: [] }),
]
