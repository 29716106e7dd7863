import { DISOWNABLE_KINDS } from '../../src/notices/notice.ts'
import type { PageModels, PageName } from '../../src/portal/pages.ts'

/** The pages behind a mail that tells of a change, the one that tells of a way about to end, and the box for a device. */

interface NoticeState {
  readonly id: string
  readonly page: PageName
  readonly model: PageModels[PageName]
}

const state = <P extends PageName>(id: string, page: P, model: PageModels[P]): NoticeState => ({ id, page, model })

/** Devices under « Mon compte ». */
export const REMEMBERED: PageModels['account']['devices'] = [
  {
    id: 'd1',
    device: 'Firefox, Windows',
    address: '192.0.2.10',
    since: '2026-11-20T08:02:00.000Z',
    until: '2026-12-20',
  },
  { id: 'd2', device: '', address: '198.51.100.7', since: '2026-11-18T18:40:00.000Z', until: '2026-12-18' },
]

const notMe: PageModels['not-me'] = {
  action: '/_portillon/not-me',
  csrf: 'csrf',
  link: 'digest',
  kind: 'factor-added',
  at: '2026-11-23T13:32:00.000Z',
  device: 'Firefox, Windows',
  address: '192.0.2.44',
  by: 'person',
}

const ending: PageModels['ending'] = {
  kind: 'email-code',
  endsOn: '2026-12-31',
  ready: [],
  possible: [
    { method: 'totp', href: '/_portillon/account/application' },
    { method: 'recovery-code', href: '/_portillon/account' },
  ],
  continueHref: '/dcc/',
}

const signInHref = '/_portillon/sign-in'

/** @param questions the pages of a second factor, as they are where no device is remembered */
export const noticeStates = (questions: Pick<PageModels, 'code' | 'totp'>): readonly NoticeState[] => [
  state('code-remember', 'code', { ...questions.code, rememberDays: 30 }),
  state('totp-remember', 'totp', { ...questions.totp, rememberDays: 30 }),
  ...DISOWNABLE_KINDS.map((kind) => state(`not-me-${kind}`, 'not-me', { ...notMe, kind })),
  state('not-me-by-support', 'not-me', { ...notMe, kind: 'factor-removed', device: '', address: '', by: 'support' }),
  state('not-me-somewhere', 'not-me', { ...notMe, device: '', address: '' }),
  state('not-me-done', 'not-me-done', {
    isPasswordInvalid: true,
    factors: 1,
    resetHref: '/_portillon/password/forgot',
    signInHref,
  }),
  state('not-me-done-call', 'not-me-done', { isPasswordInvalid: true, factors: 0, resetHref: null, signInHref }),
  state('not-me-done-elsewhere', 'not-me-done', { isPasswordInvalid: false, factors: 2, resetHref: null, signInHref }),
  ...(['used', 'expired', 'unknown'] as const).map((reason) =>
    state(`not-me-${reason}`, 'not-me-gone', { reason, signInHref }),
  ),
  state('ending', 'ending', ending),
  state('ending-ready', 'ending', { ...ending, ready: [{ method: 'totp' }], possible: [] }),
  state('ending-nothing', 'ending', { ...ending, possible: [] }),
]
