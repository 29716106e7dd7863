import type { PageModels } from '../../src/portal/pages.ts'
import { EVIDENCE_METHODS } from '../../src/sign-in/evidence.ts'

type SignIn = PageModels['sign-in']
type NotRecognised = PageModels['not-recognised']
type Link = PageModels['link']
type State =
  | { readonly id: string; readonly page: 'sign-in'; readonly model: SignIn }
  | { readonly id: string; readonly page: 'not-recognised'; readonly model: NotRecognised }
  | { readonly id: string; readonly page: 'link'; readonly model: Link }

const arrival = (method: SignIn['arrivals'][number]['method'], isBeforePassword: boolean) => ({
  method,
  href: `/_portillon/${method}?to=sealed.target`,
  isBeforePassword,
  endsOn: null,
})

const notRecognised = (id: string, fields: Partial<NotRecognised>): State => ({
  id,
  page: 'not-recognised',
  model: {
    method: 'cps',
    why: 'no-account',
    signInHref: '/_portillon/sign-in?to=sealed.target',
    retryHref: fields.method === undefined ? '/_portillon/card?to=sealed.target' : null,
    reference: '7KQ2-M4XD-91',
    ...fields,
  },
})

const link = (id: string, fields: Partial<Link> = {}): State => ({
  id,
  page: 'link',
  model: {
    action: '/_portillon/account/link',
    csrf: 'csrf',
    pending: 'pending',
    name: '899900000003',
    person: 'Zoé Œuvrard',
    login: 'z.oeuvrard',
    error: null,
    cancelHref: '/_portillon/account',
    ...fields,
  },
})

/** The sign-in page with ways that need no login, and the page for whoever is proved and not known. */
export const arrivalStates = (signIn: SignIn): readonly State[] => [
  {
    id: 'sign-in-arrivals',
    page: 'sign-in',
    model: { ...signIn, arrivals: [arrival('pro-sante-connect', true), arrival('cps', false)] },
  },
  {
    id: 'sign-in-arrival-away',
    page: 'sign-in',
    model: { ...signIn, arrivals: [{ ...arrival('pro-sante-connect', true), isAway: true }] },
  },
  {
    id: 'sign-in-arrivals-only',
    page: 'sign-in',
    model: { ...signIn, ways: [], arrivals: [arrival('cps', true), arrival('oidc', true)] },
  },
  ...EVIDENCE_METHODS.map((method) => notRecognised(`not-recognised-${method}`, { method })),
  notRecognised('not-recognised-another', { why: 'another-person' }),
  notRecognised('not-recognised-not-for-you', { why: 'not-enrolled' }),
  link('link'),
  link('link-taken', { error: { key: 'link.taken' } }),
  link('link-other-number', { error: { key: 'link.other-number' } }),
]
