import { createSecretKey } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { identityHeaderNames, type HeaderSite } from './call-context.ts'
import type { IdentityHeader } from './headers.ts'
import { coverComponents, hmacSha256 } from './signature-base.ts'

/** A request as the application's server will read it. */
export interface SignedRequest {
  readonly method: string
  /** The Host header that is sent on, in lower case. */
  readonly host: string
  /** Path and query, to the byte. */
  readonly target: string
}

/** Signature-Input and Signature for one forwarded request, name and value in turns. */
export type SignRequest = (
  request: SignedRequest,
  identity: readonly IdentityHeader[],
  assertion: string,
) => readonly string[]

/** The label in both fields, and the `tag` by which a verifier knows a signature that is meant for it (RFC 9421 §7.2.7). */
const NAME = 'portillon'

/**
 * `@request-target` is the one component that says path and query to the byte as HTTP/1.1 carries them, and the gate speaks
 * nothing else to an application: `@path` may be normalised by whoever reads it, `@query` is `?` for `/a` and for `/a?`, and
 * `@target-uri` holds a scheme, which the server behind TLS that ended here does not know.
 */
const OF_THE_REQUEST = ['"@method"', '"@authority"', '"@request-target"'] as const
const ASSERTION = '"x-portillon-assertion"'

/** Without the port that goes without saying over either scheme: the two ends may see different ones. */
const authorityOf = (host: string): string => host.replace(/:(?:80|443)$/, '')

/** A value beyond ASCII, as its bytes (RFC 9421 §2.1.3); blanks at the ends are no part of a field value. */
const wrapped = (value: string): string =>
  `:${Buffer.from(value.replace(/^[ \t]+|[ \t]+$/g, ''), 'latin1').toString('base64')}:`

const asIs = (value: string): string => value

/** `created` and `expires`, written once a second. */
const createTimes = (lifetime: number, clock: Clock): (() => string) => {
  const seconds = Math.floor(lifetime / 1_000)
  let created = Number.NaN
  let text = ''
  return () => {
    const now = Math.floor(clock.now() / 1_000)
    if (now !== created) {
      created = now
      text = `;created=${created};expires=${created + seconds};nonce="`
    }
    return text
  }
}

/** Once each, which is what a verifier looks for; drawing chance for each request would cost as much as the signature. */
const createNonces = (random: Random): (() => string) => {
  const beginning = random.token(16)
  let count = 0
  return () => {
    count += 1
    return `${beginning}.${count.toString(36)}`
  }
}

/**
 * Signs each forwarded request with the secret that the application's server shares (RFC 9421, hmac-sha256; H-16): who it
 * is holds for this method, address and moment only. The assertion alone is good for any request of its two minutes.
 * Bodies are not covered: a stream is not held back to read it first.
 * @param secret read from `secret-file`; null when the site signs nothing
 * @returns null when the site signs nothing
 */
export const createRequestSigner = (
  site: HeaderSite,
  secret: string | null,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): SignRequest | null => {
  const { signature, encoding } = site.identity
  if (signature === undefined) return null
  if (secret === null) throw new Error('a site that signs has no secret')
  const key = createSecretKey(secret, 'utf8')
  const [suffix, valueOf] = encoding === 'percent-utf8' ? ['', asIs] : [';bs', wrapped]
  const names = identityHeaderNames(site).map((name) => `"${name.toLowerCase()}"${suffix}`)
  const covered = coverComponents([...OF_THE_REQUEST, ...names, ASSERTION])
  const times = createTimes(signature.lifetime, clock)
  const nonce = createNonces(random)
  const known = `";keyid="${signature['key-id']}";alg="hmac-sha256";tag="${NAME}"`
  const beginning = `${NAME}=${covered.list}`

  return ({ method, host, target }, identityHeaders, assertion) => {
    const values = [method, authorityOf(host), target]
    for (const [, value] of identityHeaders) values.push(valueOf(value))
    values.push(assertion)
    const parameters = times() + nonce() + known
    const signed = hmacSha256(key, covered.base(values, parameters))
    return ['Signature-Input', beginning + parameters, 'Signature', `${NAME}=${signed}`]
  }
}
