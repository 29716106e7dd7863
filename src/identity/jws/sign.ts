import { createPrivateKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { CompactSign } from 'jose'
import type { JwsAlgorithm } from './algorithms.ts'

export interface SigningKey {
  readonly key: KeyObject
  readonly algorithm: JwsAlgorithm
  readonly kid: string | null
}

const algorithmOf = (key: KeyObject): JwsAlgorithm | null => {
  if (key.type === 'secret') return 'HS256'
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA'
  return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : null
}

/** Reads a private key as an integrator has it, PEM or JWK; null for anything else. */
export const readSigningKey = (text: string): SigningKey | null => {
  try {
    const jwk = text.trimStart().startsWith('{') ? (JSON.parse(text) as JsonWebKey) : null
    const isSecret = jwk?.kty === 'oct' && jwk.k !== undefined
    const key = isSecret
      ? createSecretKey(Buffer.from(jwk.k ?? '', 'base64url'))
      : createPrivateKey(jwk === null ? text : { key: jwk, format: 'jwk' })
    const algorithm = algorithmOf(key)
    return algorithm === null ? null : { key, algorithm, kid: typeof jwk?.['kid'] === 'string' ? jwk['kid'] : null }
  } catch {
    return null
  }
}

/** A compact JWS over these claims: what a record system does, for trying one out. */
export const signClaims = (
  { key, algorithm }: Pick<SigningKey, 'key' | 'algorithm'>,
  kid: string | null,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> =>
  new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(kid !== null && { kid }) })
    .sign(key)
