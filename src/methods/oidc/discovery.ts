import type { ServerMetadata } from 'openid-client'
import { z } from 'zod'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { BoundedFetch } from './outbound.ts'
import type { ProviderProfile } from './profile.ts'

/** Why a description is not believed. `issuer`: it speaks for somebody else (J-04). */
export type DiscoveryRefusal = 'status' | 'content-type' | 'malformed' | 'issuer' | 'insecure-endpoint'

const address = z
  .string()
  .max(2_000)
  .refine((text) => URL.canParse(text))

const schema = z.object({
  issuer: z.string(),
  authorization_endpoint: address,
  token_endpoint: address,
  userinfo_endpoint: address,
  jwks_uri: address,
  end_session_endpoint: address.optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
  mtls_endpoint_aliases: z
    .object({ token_endpoint: address.optional(), userinfo_endpoint: address.optional() })
    .optional(),
})

/** What of a provider's description is used. */
export type Description = z.output<typeof schema>

const endpointsOf = (found: Description): readonly string[] =>
  [
    found.authorization_endpoint,
    found.token_endpoint,
    found.userinfo_endpoint,
    found.jwks_uri,
    found.end_session_endpoint,
    ...Object.values(found.mtls_endpoint_aliases ?? {}),
  ].filter((endpoint) => endpoint !== undefined)

const isJson = (type: string | null): boolean => /^application\/(?:[a-z.+-]+\+)?json\s*(?:;|$)/i.test(type ?? '')

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Reads a description and holds it against what the site file says; the path is the operator's, not the standard one. */
export const readDescription = async (
  { issuer, discovery }: Pick<ProviderProfile, 'issuer' | 'discovery'>,
  fetch: BoundedFetch,
): Promise<Result<Description, DiscoveryRefusal>> => {
  const answer = await fetch(`${issuer.replace(/\/$/, '')}${discovery}`, {
    method: 'GET',
    headers: { accept: 'application/json' },
  })
  if (answer.status !== 200) return refuse('status')
  if (!isJson(answer.headers.get('content-type'))) return refuse('content-type')
  const read = schema.safeParse(parse(await answer.text()))
  if (!read.success) return refuse('malformed')
  if (read.data.issuer !== issuer) return refuse('issuer')
  // A description that is read over TLS must not lead to places that are not (RFC 9700 §2.6).
  const { protocol } = new URL(issuer)
  if (protocol === 'https:' && endpointsOf(read.data).some((one) => !one.startsWith('https://')))
    return refuse('insecure-endpoint')
  return accept(read.data)
}

/** The description as openid-client wants it, with the algorithms of the site file in place of what is announced. */
export const metadataOf = (found: Description, { algorithms }: Pick<ProviderProfile, 'algorithms'>): ServerMetadata => {
  const { mtls_endpoint_aliases: aliases, end_session_endpoint: endSession, ...rest } = found
  return {
    issuer: rest.issuer,
    authorization_endpoint: rest.authorization_endpoint,
    token_endpoint: rest.token_endpoint,
    userinfo_endpoint: rest.userinfo_endpoint,
    jwks_uri: rest.jwks_uri,
    id_token_signing_alg_values_supported: [...algorithms],
    authorization_response_iss_parameter_supported: rest.authorization_response_iss_parameter_supported ?? false,
    ...(endSession !== undefined && { end_session_endpoint: endSession }),
    ...(aliases !== undefined && {
      mtls_endpoint_aliases: {
        ...(aliases.token_endpoint !== undefined && { token_endpoint: aliases.token_endpoint }),
        ...(aliases.userinfo_endpoint !== undefined && { userinfo_endpoint: aliases.userinfo_endpoint }),
      },
    }),
  }
}
