import * as client from 'openid-client'
import { createKeySource, type KeySource } from '../../identity/jws/key-source.ts'
import { URL_TIMES } from '../../identity/jws/read-keys.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { accept, refuse } from '../../lib/result.ts'
import { metadataOf, type Description } from './discovery.ts'
import { OutboundFault, type BoundedFetch } from './outbound.ts'
import type { ProviderProfile } from './profile.ts'

/** A provider whose description has been read. */
export interface Reached {
  readonly configuration: client.Configuration
  readonly description: Description
  readonly keys: KeySource
}

export interface ReachedParts {
  readonly clock: Clock
  readonly log: Log
  readonly fetch: BoundedFetch
}

/** As the form encoding has it (RFC 6749 appendix B), in which `-`, `.` and `_` stay: not every provider undoes more than it must. */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)

const basic =
  (id: string, secret: string): client.ClientAuth =>
  (_server, _client, _body, headers) => {
    const credentials = Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString('base64')
    headers.set('authorization', `Basic ${credentials}`)
  }

const authenticationOf = ({ authentication, credentials, clientId }: ProviderProfile): client.ClientAuth => {
  const { secret } = credentials
  if (authentication === 'tls') return client.TlsClientAuth()
  return authentication === 'client-secret-post' ? client.ClientSecretPost(secret ?? '') : basic(clientId, secret ?? '')
}

const configurationOf = (profile: ProviderProfile, found: Description, fetch: BoundedFetch): client.Configuration => {
  const configuration = new client.Configuration(
    metadataOf(found, profile),
    profile.clientId,
    {
      use_mtls_endpoint_aliases: profile.credentials.certificate !== null,
      [client.clockTolerance]: profile.clockSkew / 1_000,
    },
    authenticationOf(profile),
  )
  configuration[client.customFetch] = fetch
  configuration.timeout = profile.timeout / 1_000
  // The checks of the site file let http:// pass for a provider on this machine only.
  // oxlint-disable-next-line typescript/no-deprecated -- the library says so to make it stand out
  if (profile.issuer.startsWith('http://')) client.allowInsecureRequests(configuration)
  return configuration
}

/** The keys that a provider publishes, read within our bounds; a name that nobody knows is asked for once in a while. */
const keysOf = (
  profile: ProviderProfile,
  { jwks_uri: url }: Description,
  { fetch, clock, log }: ReachedParts,
): KeySource =>
  createKeySource({
    ...URL_TIMES,
    clock,
    log,
    name: profile.issuer,
    read: async () => {
      try {
        const answer = await fetch(url, {
          method: 'GET',
          headers: { accept: 'application/jwk-set+json, application/json' },
        })
        if (answer.status !== 200) return refuse(`status ${answer.status}`)
        return accept(await answer.text())
      } catch (thrown) {
        return refuse(thrown instanceof OutboundFault ? thrown.reason : 'fault')
      }
    },
  })

/** What a description makes of a provider. @param before the same provider as it was: keys that it still publishes there carry on (J-09) */
export const reachedBy = (
  profile: ProviderProfile,
  found: Description,
  before: Reached | null,
  parts: ReachedParts,
): Reached => ({
  configuration: configurationOf(profile, found, parts.fetch),
  description: found,
  keys: before?.description.jwks_uri === found.jwks_uri ? before.keys : keysOf(profile, found, parts),
})
