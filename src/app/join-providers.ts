import { purposeKey } from '../identity/purpose-key.ts'
import { createProviders, type Providers } from '../methods/oidc/index.ts'
import type { Foundations } from './foundations.ts'
import type { AppSettings } from './settings.ts'

/** The identity providers of all sites; they are asked in the background from now on (E-03). */
export const joinProviders = ({ store, keyring, metrics }: Foundations, settings: AppSettings): Providers => {
  const { clock, random, log, sites } = settings
  const key = purposeKey(keyring, 'provider')
  const providers = createProviders({ store, clock, random, log, key, places: sites })
  metrics.watchProviders(() =>
    providers
      .all()
      .map(({ profile, fault }) => ({ site: profile.site, method: profile.method, isUp: fault() === null })),
  )
  return providers
}
