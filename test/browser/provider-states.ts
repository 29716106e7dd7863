import type { PageModels, PageName } from '../../src/portal/pages.ts'
import { PROVIDER_REFUSALS } from '../../src/portal/provider-models.ts'

type SignedOut = PageModels['signed-out']
type State = {
  readonly [Name in PageName]: { readonly id: string; readonly page: Name; readonly model: PageModels[Name] }
}['provider-refused' | 'signed-out']

const signedOut = (kind: NonNullable<SignedOut['provider']>['kind'], endHref: string | null = null): State => ({
  id: `signed-out-provider-${kind}`,
  page: 'signed-out',
  model: { signInHref: '/_portillon/sign-in', provider: { name: 'Pro Santé Connect', kind, endHref } },
})

/** Back from a provider without a session, and signed out here and there, or not. */
export const providerStates: readonly State[] = [
  ...PROVIDER_REFUSALS.map((kind): State => ({
    id: `provider-${kind}`,
    page: 'provider-refused',
    model: {
      kind,
      method: 'pro-sante-connect',
      provider: 'Pro Santé Connect',
      retryHref: '/_portillon/pro-sante-connect?to=sealed.target',
      signInHref: '/_portillon/sign-in?to=sealed.target',
      reference: '7KQ2M4-XD91A',
    },
  })),
  signedOut('ended'),
  signedOut('open', '/_portillon/pro-sante-connect/sign-out'),
  signedOut('unreachable'),
]
