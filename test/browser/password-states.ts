import type { PageModels, PageName } from '../../src/portal/pages.ts'

/** The pages of a forgotten, a new and a changed password. */

interface PasswordState {
  readonly id: string
  readonly page: PageName
  readonly model: PageModels[PageName]
}

const state = <P extends PageName>(id: string, page: P, model: PageModels[P]): PasswordState => ({ id, page, model })

const forgottenLogin: PageModels['forgotten-login'] = {
  action: '/_portillon/password/forgot',
  csrf: 'csrf',
  to: '',
  error: null,
  backHref: '/_portillon/sign-in',
}

const newPassword: PageModels['new-password'] = {
  kind: 'reset',
  because: null,
  action: '/_portillon/password/reset',
  csrf: 'csrf',
  hidden: { link: 'digest' },
  login: 'z.oeuvrard',
  rules: [
    { kind: 'length', values: { length: 8 }, isUnmet: false },
    ...(['upper', 'lower', 'digit-or-special', 'names', 'common'] as const).map((kind) => ({
      kind,
      values: {},
      isUnmet: false,
    })),
    { kind: 'other', values: { count: 0 }, isUnmet: false },
  ],
  names: ['zoeuvrard', 'oeuvrard', 'oncohdf'],
  error: null,
  field: null,
  cancelHref: '/_portillon/sign-in',
}

export const passwordStates: readonly PasswordState[] = [
  state('forgotten-login', 'forgotten-login', forgottenLogin),
  state('forgotten-login-required', 'forgotten-login', {
    ...forgottenLogin,
    error: { key: 'signIn.required', values: { field: 'login' } },
  }),
  state('forgotten-sent', 'forgotten-sent', {
    sender: 'WebDCR@example.test',
    lifetimeMinutes: 30,
    againHref: '/_portillon/password/forgot',
    backHref: '/_portillon/sign-in',
  }),
  state('new-password', 'new-password', newPassword),
  state('new-password-unmet', 'new-password', {
    ...newPassword,
    rules: newPassword.rules.map((rule) => ({ ...rule, isUnmet: rule.kind === 'upper' || rule.kind === 'length' })),
    error: { key: 'newPassword.unmet' },
    field: 'password',
  }),
  state('new-password-common', 'new-password', {
    ...newPassword,
    rules: newPassword.rules.map((rule) => ({ ...rule, isUnmet: rule.kind === 'common' })),
    error: { key: 'newPassword.common' },
    field: 'password',
  }),
  state('new-password-same', 'new-password', {
    ...newPassword,
    rules: newPassword.rules.map((rule) => ({ ...rule, isUnmet: rule.kind === 'other' })),
    error: { key: 'newPassword.same' },
    field: 'password',
  }),
  state('new-password-first-use', 'new-password', {
    ...newPassword,
    kind: 'obligation',
    because: { key: 'newPassword.firstUse' },
    hidden: { attempt: 'attempt', to: 'sealed.target' },
  }),
  state('new-password-expired', 'new-password', {
    ...newPassword,
    kind: 'obligation',
    because: { key: 'newPassword.expiredMonths', values: { months: 4 } },
    rules: newPassword.rules.map((rule) => (rule.kind === 'other' ? { ...rule, values: { count: 3 } } : rule)),
    hidden: { attempt: 'attempt', to: 'sealed.target' },
  }),
  state('new-password-change', 'new-password', { ...newPassword, kind: 'change', hidden: {} }),
  state('new-password-wrong', 'new-password', {
    ...newPassword,
    kind: 'change',
    hidden: {},
    error: { key: 'newPassword.wrong' },
    field: 'current',
  }),
  ...(['used', 'expired', 'replaced', 'outdated', 'unknown'] as const).map((reason) =>
    state(`reset-${reason}`, 'reset-gone', {
      reason,
      againHref: '/_portillon/password/forgot',
      signInHref: '/_portillon/sign-in',
    }),
  ),
  state('password-changed', 'password-changed', { isSignedIn: false, nextHref: '/_portillon/sign-in' }),
  state('password-changed-here', 'password-changed', { isSignedIn: true, nextHref: '/_portillon/account' }),
]
