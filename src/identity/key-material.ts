import { generateKeyPairSync, hkdfSync } from 'node:crypto'
import { calculateJwkThumbprint, CompactSign, compactVerify, importJWK, type CryptoKey, type JWK } from 'jose'
import type { Random } from '../lib/random.ts'
import type { Algorithm, AssertionFile, SecretFile } from './key-file.ts'

export interface Times {
  readonly created: string
  readonly 'signs-from': string
}

/** A key pair, ready to sign; what is public of it is apart. */
export interface AssertionKey {
  readonly kid: string
  readonly algorithm: Algorithm
  readonly privateKey: CryptoKey
  /** Without `d`: what jwks.json shows. */
  readonly publicJwk: JWK
}

export const makeAssertionFile = async (algorithm: Algorithm, times: Times): Promise<Record<string, unknown>> => {
  const { privateKey } =
    algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  const jwk = privateKey.export({ format: 'jwk' }) as JWK
  return { ...jwk, alg: algorithm, kid: await calculateJwkThumbprint(jwk), ...times }
}

export const makeSecretFile = (random: Random, times: Times): SecretFile => ({
  kty: 'oct',
  k: random.token(32),
  ...times,
})

const publicPartOf = (file: AssertionFile): JWK => {
  const { kty, crv, x, kid, alg } = file
  return { kty, crv, x, ...(file.kty === 'EC' ? { y: file.y } : {}), kid, alg, use: 'sig' }
}

const isOwnPair = async (privateKey: CryptoKey, publicJwk: JWK, alg: Algorithm): Promise<boolean> => {
  const proof = await new CompactSign(Buffer.from('portillon')).setProtectedHeader({ alg }).sign(privateKey)
  return compactVerify(proof, await importJWK(publicJwk, alg)).then(
    () => true,
    () => false,
  )
}

/**
 * Imports a key pair and tries it: its name is its thumbprint (RFC 7638) and its halves belong together.
 * @returns undefined when it is not such a key, whatever is wrong with it
 */
export const importAssertionKey = async (file: AssertionFile): Promise<AssertionKey | undefined> => {
  const publicJwk = publicPartOf(file)
  try {
    const privateKey = await importJWK({ ...publicJwk, d: file.d }, file.alg)
    if (privateKey instanceof Uint8Array || (await calculateJwkThumbprint(publicJwk)) !== file.kid) return undefined
    if (!(await isOwnPair(privateKey, publicJwk, file.alg))) return undefined
    return { kid: file.kid, algorithm: file.alg, privateKey, publicJwk }
  } catch {
    return undefined
  }
}

/**
 * A key for one purpose out of a general secret (HKDF-SHA-256, RFC 5869): keys of two purposes tell nothing of each other,
 * and one that leaks opens nothing else.
 */
export const deriveKey = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), '', `portillon ${purpose}`, 32))
