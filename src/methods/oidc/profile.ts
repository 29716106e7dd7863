import type { ProviderCredentials, ProviderMethod } from '../../policy/provider-credentials.ts'
import { PRO_SANTE_CONNECT_ISSUERS } from '../../policy/provider-settings.ts'
import type { LocalizedText, Site } from '../../policy/schema.ts'
import type { JwsAlgorithm } from '../../identity/jws/algorithms.ts'

export type Level = 1 | 2 | 3

/** A provider as the code of this folder knows it, whichever it is: Pro Santé Connect is nothing but values here. */
export interface ProviderProfile {
  readonly method: ProviderMethod
  readonly site: string
  /** What people call it. */
  readonly name: LocalizedText
  readonly issuer: string
  readonly discovery: string
  readonly clientId: string
  readonly authentication: 'client-secret-basic' | 'client-secret-post' | 'tls'
  readonly credentials: ProviderCredentials
  /** Exactly as it was registered with the provider. */
  readonly redirectUri: string
  readonly postLogoutRedirectUri: string
  readonly scope: string
  readonly acrValues: string | null
  readonly acr: { readonly accepted: ReadonlyMap<string, Level>; readonly absent: Level | 'refused' }
  readonly algorithms: readonly JwsAlgorithm[]
  readonly key: 'national-id' | 'subject'
  readonly nationalIdClaims: readonly string[]
  /** Identifiers of a test environment, which need not have the form of real ones, are somebody here. */
  readonly takesTestIds: boolean
  /** All times in milliseconds. */
  readonly maxAge: number | null
  readonly clockSkew: number
  readonly timeout: number
  readonly endsThere: boolean
  /** Whether the person's practice belongs to the session; of several, they choose. */
  readonly asksPractice: boolean
}

type Section = NonNullable<Site['oidc']> | NonNullable<Site['pro-sante-connect']>

const PRO_SANTE_CONNECT: LocalizedText = { fr: 'Pro Santé Connect', en: 'Pro Santé Connect' }

const authenticationOf = (
  { authentication }: Section,
  { secret, certificate }: ProviderCredentials,
): ProviderProfile['authentication'] =>
  authentication ?? (certificate !== null && secret === null ? 'tls' : 'client-secret-basic')

const commonOf = (method: ProviderMethod, section: Section, credentials: ProviderCredentials, at: ProviderPlace) => ({
  method,
  site: at.site.site,
  clientId: section['client-id'],
  authentication: authenticationOf(section, credentials),
  credentials,
  redirectUri: `${at.origin}${at.site.prefix}/${method}/callback`,
  postLogoutRedirectUri: `${at.origin}${at.site.prefix}/${method}/signed-out`,
  discovery: section.discovery,
  scope: section.scope,
  acrValues: section['acr-values'] ?? null,
  // A Map, because its names come from outside (F-21).
  acr: { accepted: new Map(Object.entries(section.acr.accepted)), absent: section.acr.absent },
  algorithms: section.algorithms,
  nationalIdClaims: section['national-id'],
  maxAge: section['max-age'] ?? null,
  clockSkew: section['clock-skew'],
  timeout: section.timeout,
  endsThere: section['sign-out'] === 'provider',
})

export interface ProviderPlace {
  readonly site: Site
  readonly origin: string
  readonly providers: Readonly<Partial<Record<ProviderMethod, ProviderCredentials>>>
}

/** The providers of a site, as its file describes them. */
export const profilesOf = (at: ProviderPlace): readonly ProviderProfile[] => {
  const { oidc } = at.site
  const psc = at.site['pro-sante-connect']
  const credentialsOf = (method: ProviderMethod): ProviderCredentials =>
    at.providers[method] ?? { secret: null, certificate: null, key: null, ca: null }
  const profiles: ProviderProfile[] = []
  if (psc !== undefined) {
    profiles.push({
      ...commonOf('pro-sante-connect', psc, credentialsOf('pro-sante-connect'), at),
      name: PRO_SANTE_CONNECT,
      issuer: psc.issuer ?? PRO_SANTE_CONNECT_ISSUERS[psc.environment],
      key: 'national-id',
      takesTestIds: psc.environment === 'test',
      asksPractice: psc.practices === 'ask',
    })
  }
  if (oidc !== undefined) {
    profiles.push({
      ...commonOf('oidc', oidc, credentialsOf('oidc'), at),
      name: oidc.name,
      issuer: oidc.issuer,
      key: oidc.key,
      takesTestIds: false,
      asksPractice: false,
    })
  }
  return profiles
}
