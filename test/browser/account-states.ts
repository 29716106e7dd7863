import type { PageModels } from '../../src/portal/pages.ts'
import { REMEMBERED } from './notice-states.ts'

/** What somebody can be asked for after their password. */
export const OFFERS: PageModels['choice']['offers'] = [
  { value: 'cps.own', method: 'cps', label: '' },
  { value: 'email-code.registered', method: 'email-code', label: 'z***.o***@hopital.example.test' },
  { value: 'email-code.2', method: 'email-code', label: 'z***@cabinet.example.test' },
  { value: 'totp.3', method: 'totp', label: 'Téléphone professionnel' },
]

/** « Mon compte » of somebody who has everything. */
export const accountPage: PageModels['account'] = {
  csrf: 'csrf',
  at: '/_portillon/account',
  name: 'Zoé Œuvrard',
  login: 'z.oeuvrard',
  since: '2026-11-23T08:02:00.000Z',
  error: null,
  information: null,
  identities: [
    { id: null, label: '899900000003', since: null },
    { id: 'i1', label: 'connexion.hopital.example.test', since: '2026-10-02T12:00:00.000Z' },
  ],
  linkable: [],
  addresses: [
    { id: null, label: 'zoe.oeuvrard@hopital.example.test', since: null, usedAt: null },
    { id: 'a2', label: 'zoe@cabinet.example.test', since: '2026-10-02T12:00:00.000Z', usedAt: null },
  ],
  applications: [{ id: 'a3', label: 'Téléphone professionnel', since: '2026-09-14T09:12:00.000Z', usedAt: null }],
  passkeys: [
    { id: 'a4', label: 'Ordinateur du cabinet', since: '2026-10-14T09:12:00.000Z', usedAt: '2026-11-22T09:12:00.000Z' },
    { id: 'a5', label: '', since: '2026-11-14T09:12:00.000Z', usedAt: null },
  ],
  canAddPasskey: true,
  usesPasskeys: true,
  recovery: { left: 7 },
  canAddAddress: true,
  canAddApplication: true,
  usesApplications: true,
  offers: OFFERS,
  preference: 'totp.3',
  sessions: [
    ...[{ id: 's1', device: 'Firefox, Windows', address: '192.0.2.10', since: '2026-11-23T08:02:00.000Z' }].map(
      (session) => ({ ...session, method: 'totp' as const, isThis: true }),
    ),
    ...[{ id: 's2', device: '', address: '198.51.100.7', since: '2026-11-22T18:40:00.000Z' }].map((session) => ({
      ...session,
      method: 'email-code' as const,
      isThis: false,
    })),
  ],
  devices: REMEMBERED,
  practice: null,
  activity: [
    { event: 'session.started', at: '2026-11-23T08:02:00.000Z', address: '192.0.2.10', method: 'totp' },
    { event: 'sign-in.password-refused', at: '2026-11-23T08:01:12.000Z', address: '192.0.2.10', method: null },
    { event: 'sign-in.passkey-refused', at: '2026-11-22T18:42:00.000Z', address: '192.0.2.10', method: null },
    { event: 'sign-in.code-refused', at: '2026-11-22T18:41:00.000Z', address: '', method: null },
    { event: 'factor.added', at: '2026-10-02T12:00:00.000Z', address: '192.0.2.10', method: null },
    { event: 'factor.removed', at: '2026-10-01T12:00:00.000Z', address: '192.0.2.10', method: null },
    { event: 'account.password-set', at: '2026-09-01T12:00:00.000Z', address: '', method: null },
    { event: 'account.email-set', at: '2026-08-01T12:00:00.000Z', address: '', method: null },
  ],
  continueHref: '/',
  signOutHref: '/_portillon/sign-out',
}
/** Of somebody who has nothing yet. */
export const poorAccount: PageModels['account'] = {
  ...accountPage,
  identities: [],
  linkable: [{ method: 'cps', href: '/_portillon/card?to=sealed.link' }],
  recovery: { left: null },
  addresses: [],
  applications: [],
  passkeys: [],
  offers: [],
  preference: '',
  sessions: accountPage.sessions.slice(0, 1),
  devices: [],
  activity: [],
}
