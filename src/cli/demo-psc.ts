import { startPscLookAlike, type PscLookAlike } from '../../deploy/demo/psc/look-alike.ts'
import { systemRandom } from '../lib/random.ts'
import type { LoadedSite } from '../policy/load.ts'
import { demoPeople } from './demo-people.ts'

export interface DemoPsc {
  readonly site: LoadedSite
  readonly lookAlike: PscLookAlike
}

/**
 * A site with Pro Santé Connect gets a look-alike on this machine, which knows the invented people. Null where the policy has
 * none, or the provider that it is made of is not installed: it is there for tests, and no part of what is shipped.
 */
export const startDemoPsc = async (loaded: LoadedSite): Promise<DemoPsc | null> => {
  const section = loaded.site['pro-sante-connect']
  if (section === undefined) return null
  const at = `${loaded.origin}${loaded.site.prefix}/pro-sante-connect`
  const secret = systemRandom.token(24)
  const client = {
    id: section['client-id'],
    secret,
    redirectUri: `${at}/callback`,
    postLogoutRedirectUri: `${at}/signed-out`,
    backChannelLogoutUri: `${at}/back-channel-logout`,
  }
  const people = demoPeople(loaded.site).flatMap(({ nationalId, givenName, familyName }) =>
    nationalId === undefined ? [] : [{ nationalId, givenName, familyName }],
  )
  const stranger = { nationalId: '899900000029', givenName: 'Sacha', familyName: 'Inconnu' }
  try {
    const lookAlike = await startPscLookAlike(client, [...people, stranger])
    const site = { ...loaded.site, 'pro-sante-connect': { ...section, issuer: lookAlike.issuer } }
    const credentials = { secret, certificate: null, key: null, ca: null }
    return {
      site: { ...loaded, site, providers: { ...loaded.providers, 'pro-sante-connect': credentials } },
      lookAlike,
    }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return null
    throw thrown
  }
}
