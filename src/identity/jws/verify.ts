import { compactVerify, errors } from 'jose'
import { accept, refuse, type Result } from '../../lib/result.ts'
import { isJsonObject, parseStrictJson } from '../../lib/strict-json.ts'
import { isJwsAlgorithm, type JwsAlgorithm } from './algorithms.ts'
import type { KeySource, NoKey } from './key-source.ts'

/** Why a token is not believed; for logs and whoever builds it, never for a stranger. */
export type JwsRefusal =
  | NoKey
  | 'too-long'
  | 'not-compact'
  | 'header-unreadable'
  | 'claims-unreadable'
  | 'duplicate-name'
  | 'algorithm-refused'
  | 'header-refused'
  | 'type-refused'
  | 'signature-wrong'

export interface JwsHeader {
  readonly alg: JwsAlgorithm
  readonly kid?: string
  readonly typ?: string
}

export interface VerifiedJws {
  readonly header: JwsHeader
  /** As signed. What they say is for the caller to judge: see `checkClaims`. */
  readonly claims: Readonly<Record<string, unknown>>
}

export interface VerifyOptions {
  /** What the issuer of the token may sign with; the token has no say in it. */
  readonly algorithms: readonly JwsAlgorithm[]
  /** The keys of that issuer and of nobody else. */
  readonly keys: KeySource
  /** The accepted values of `typ`, in lower case, without `application/`; null: there may be none. */
  readonly types: readonly (string | null)[]
  /** Characters. */
  readonly maxLength?: number
}

const MAX_LENGTH = 16_384
const KNOWN_HEADERS: ReadonlySet<string> = new Set(['alg', 'kid', 'typ', 'cty', 'x5t', 'x5t#S256'])
const MAX_KID = 200
const BASE64URL = /^[A-Za-z0-9_-]+$/

/** One spelling for one value: a second one would be the same token under another digest. */
const decodePart = (part: string): Buffer | null => {
  if (!BASE64URL.test(part)) return null
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : null
}

interface Parts {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

const readObject = <Unreadable extends JwsRefusal>(
  bytes: Buffer,
  unreadable: Unreadable,
): Result<Readonly<Record<string, unknown>>, Unreadable | 'duplicate-name'> => {
  const read = parseStrictJson(bytes)
  if (!read.ok) return refuse(read.reason === 'duplicate-name' ? 'duplicate-name' : unreadable)
  return isJsonObject(read.value) ? accept(read.value) : refuse(unreadable)
}

const readParts = (token: string): Result<Parts, JwsRefusal> => {
  const [head, body, signature, ...more] = token.split('.').map(decodePart)
  if (!head || !body || !signature || more.length > 0) return refuse('not-compact')
  const header = readObject(head, 'header-unreadable')
  if (!header.ok) return header
  const claims = readObject(body, 'claims-unreadable')
  return claims.ok ? accept({ header: header.value, claims: claims.value }) : claims
}

const typeOf = (typ: unknown): string | null | undefined =>
  typ === undefined ? null : typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined

/**
 * What the header may say. Keys that a token brings along or points to (`jwk`, `x5c`, `jku`, `x5u`) are those of whoever
 * made it; `crit` and `b64` change what is signed. None of them is asked for by anybody here, so that each refuses (J-05).
 */
const checkHeader = (header: Parts['header'], options: VerifyOptions): Result<JwsHeader, JwsRefusal> => {
  const { alg, kid } = header
  if (!isJwsAlgorithm(alg) || !options.algorithms.includes(alg)) return refuse('algorithm-refused')
  if (Object.keys(header).some((name) => !KNOWN_HEADERS.has(name))) return refuse('header-refused')
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID))
    return refuse('header-refused')
  const typ = typeOf(header['typ'])
  if (typ === undefined || !options.types.includes(typ)) return refuse('type-refused')
  return accept({ alg, ...(kid !== undefined && { kid }), ...(typ !== null && { typ }) })
}

/** The header of a compact JWS, when one of the issuer's keys has signed it as the header says. */
const verifyHeader = async (
  token: string,
  given: Parts['header'],
  options: VerifyOptions,
): Promise<Result<JwsHeader, JwsRefusal>> => {
  const header = checkHeader(given, options)
  if (!header.ok) return header
  const { alg, kid } = header.value
  const keys = await options.keys.find(kid, alg)
  if (!keys.ok) return keys
  for (const key of keys.value) {
    try {
      await compactVerify(token, key, { algorithms: [alg] })
      return header
    } catch (error) {
      // A key that does not fit, whatever is wrong with it, verifies nothing; what is no fault of the token is thrown on.
      if (!(error instanceof errors.JOSEError) && !(error instanceof TypeError)) throw error
    }
  }
  return refuse('signature-wrong')
}

/** The same for whatever was signed, claims or not: what published vectors sign is no JSON. */
export const verifySignature = async (
  token: string,
  options: VerifyOptions,
): Promise<Result<JwsHeader, JwsRefusal>> => {
  const [head, ...rest] = token.split('.').map(decodePart)
  if (!head || rest.length !== 2 || rest.includes(null)) return refuse('not-compact')
  const header = readObject(head, 'header-unreadable')
  return header.ok ? verifyHeader(token, header.value, options) : header
}

/**
 * Verifies a compact JWS of one issuer (RFC 7515, RFC 8725). Nothing is fetched, and no key touched, for a token whose header
 * is not allowed; whoever has no key of the issuer gets nothing but `signature-wrong` out of whatever they try.
 */
export const verifyJws = async (token: string, options: VerifyOptions): Promise<Result<VerifiedJws, JwsRefusal>> => {
  if (token.length > (options.maxLength ?? MAX_LENGTH)) return refuse('too-long')
  const parts = readParts(token)
  if (!parts.ok) return parts
  const header = await verifyHeader(token, parts.value.header, options)
  return header.ok ? accept({ header: header.value, claims: parts.value.claims }) : header
}

/** The `iss` that a token claims, so that it is known whose keys it is to be verified with; nothing is believed by it. */
export const claimedIssuer = (token: string, maxLength = MAX_LENGTH): Result<string, JwsRefusal> => {
  if (token.length > maxLength) return refuse('too-long')
  const parts = readParts(token)
  if (!parts.ok) return parts
  const issuer = parts.value.claims['iss']
  return typeof issuer === 'string' ? accept(issuer) : refuse('claims-unreadable')
}
