import type { PageModels, PageName } from '../../src/portal/pages.ts'

/** The pages of passkeys in their states, for page-states.ts. */

/** What the choice page offers to enrol. */
export const ENROLABLE = (['totp', 'passkey'] as const).map((method) => ({
  method,
  href: `/_portillon/sign-in/choice?then=${method}`,
}))

const way = {
  method: 'passkey' as const,
  isBeforePassword: false,
  href: '/_portillon/sign-in/passkey?to=sealed.target',
  endsOn: null,
}
const offer = { value: 'passkey.any', method: 'passkey' as const, label: 'Ordinateur du cabinet' }

const passkey: PageModels['passkey'] = {
  action: '/_portillon/sign-in/code',
  csrf: 'csrf',
  attempt: 'attempt',
  to: 'sealed.target',
  label: 'Ordinateur du cabinet',
  options: JSON.stringify({ challenge: 'Y2hhbGxlbmdl', rpId: 'dcc.example.test', userVerification: 'required' }),
  starts: false,
  error: null,
  otherHref: '/_portillon/sign-in/choice?attempt=attempt',
}

const newPasskey: PageModels['new-passkey'] = {
  action: '/_portillon/account/passkey',
  csrf: 'csrf',
  attempt: '',
  to: 'sealed.target',
  options: JSON.stringify({
    challenge: 'Y2hhbGxlbmdl',
    rp: { id: 'dcc.example.test', name: 'DCC' },
    user: { id: 'cGVyc29u', name: 'z.oeuvrard', displayName: 'Zoé Œuvrard' },
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  }),
  label: 'Firefox, Windows',
  isForced: false,
  error: null,
  cancelHref: '/_portillon/account',
}

interface PasskeyState {
  readonly id: string
  readonly page: PageName
  readonly model: PageModels[PageName]
}
const state = <Name extends PageName>(id: string, page: Name, model: PageModels[Name]): PasskeyState => ({
  id,
  page,
  model,
})

interface PlainModels {
  readonly signIn: PageModels['sign-in']
  readonly choice: PageModels['choice']
}

/** With the pages on which passkeys are one thing among others. */
export const passkeyStates = ({ signIn, choice }: PlainModels): readonly PasskeyState[] => [
  state('sign-in-passkey', 'sign-in', { ...signIn, arrivals: [{ ...way, endsOn: '2026-12-31' }] }),
  state('sign-in-passkey-only', 'sign-in', { ...signIn, ways: [], arrivals: [{ ...way, isBeforePassword: true }] }),
  state('choice-passkey', 'choice', { ...choice, offers: [...choice.offers, offer] }),
  state('choice-prove-passkey', 'choice', { ...choice, enrolable: ENROLABLE.slice(1), enrolling: 'passkey' }),
  state('passkey', 'passkey', passkey),
  state('passkey-alone', 'passkey', { ...passkey, attempt: '', label: '' }),
  state('passkey-starts', 'passkey', { ...passkey, starts: true }),
  ...['passkey.refused', 'passkey.expired'].map((key) =>
    state(key.replace('.', '-'), 'passkey', { ...passkey, error: { key } }),
  ),
  state('passkey-throttled', 'passkey', { ...passkey, error: { key: 'code.throttled', values: { minutes: 4 } } }),
  state('new-passkey', 'new-passkey', newPasskey),
  state('new-passkey-forced', 'new-passkey', { ...newPasskey, attempt: 'attempt', isForced: true, cancelHref: null }),
  ...['refused', 'expired', 'full', 'known'].map((reason) =>
    state(`new-passkey-${reason}`, 'new-passkey', { ...newPasskey, label: '', error: { key: `newPasskey.${reason}` } }),
  ),
]
