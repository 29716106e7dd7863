import { importJWK, type CryptoKey, type JWK } from 'jose'
import { accept, refuse, type Result } from '../../lib/result.ts'
import { isJsonObject, parseStrictJson } from '../../lib/strict-json.ts'
import { JWS_ALGORITHMS, isSymmetric, type JwsAlgorithm } from './algorithms.ts'

/** What verifies: a public key, or a secret's bytes for HMAC. */
export type VerifyKey = CryptoKey | Uint8Array

/** The keys of one issuer. */
export interface KeySet {
  /** Names of the keys, for logs and checks. */
  readonly kids: readonly string[]
  /**
   * The keys that a token may have been signed with: of this name and for this algorithm. Without a name, the key for the
   * algorithm if there is one and no second.
   */
  find(kid: string | undefined, algorithm: JwsAlgorithm): Promise<readonly VerifyKey[]>
}

/** Why a text is no JWKS to work with, in words for logs and `portillon check`. */
export type KeySetRefusal = 'not-json' | 'not-a-jwks' | 'no-usable-key' | 'too-many-keys' | 'private-key'

const MAX_KEYS = 64
/** What jose and the ANSSI both ask for at least; what is longer than that costs more than it brings. */
const RSA_BITS = { least: 2_048, most: 8_192 }
const PRIVATE_PARTS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']

const bitsOf = (modulus: unknown): number =>
  typeof modulus === 'string' ? Buffer.from(modulus, 'base64url').length * 8 : 0

const isForSigning = ({ use, key_ops }: JWK): boolean =>
  (use === undefined || use === 'sig') && (key_ops === undefined || key_ops.includes('verify'))

const isOfKind = (key: JWK): boolean => {
  if (key.kty === 'RSA') return bitsOf(key.n) >= RSA_BITS.least && bitsOf(key.n) <= RSA_BITS.most
  return Object.values(JWS_ALGORITHMS).some(({ kty, curve }) => curve !== null && kty === key.kty && curve === key.crv)
}

/** A key of another kind, or one that says that it is for another algorithm, is none for this one (J-05). */
const isFor = (key: JWK, algorithm: JwsAlgorithm): boolean => {
  const { kty, curve } = JWS_ALGORITHMS[algorithm]
  const named = key.alg === 'Ed25519' ? 'EdDSA' : key.alg
  return key.kty === kty && (curve === null || key.crv === curve) && (named === undefined || named === algorithm)
}

const publicPart = ({ kty, crv, x, y, n, e }: JWK): JWK => {
  if (kty === 'RSA') return { kty, ...(n && { n }), ...(e && { e }) }
  return { kty: kty ?? '', ...(crv && { crv }), ...(x && { x }), ...(y && { y }) }
}

const isKey = (value: unknown): value is JWK & { kty: string } =>
  isJsonObject(value) && typeof value['kty'] === 'string' && ['string', 'undefined'].includes(typeof value['kid'])

const keySetOf = (keys: readonly JWK[]): KeySet => {
  const imported = new Map<string, Promise<VerifyKey | null>>()
  const importFor = (at: number, key: JWK, algorithm: JwsAlgorithm): Promise<VerifyKey | null> => {
    const name = `${at} ${algorithm}`
    const known = imported.get(name)
    if (known !== undefined) return known
    const made = importJWK(publicPart(key), algorithm).catch(() => null)
    imported.set(name, made)
    return made
  }
  return {
    kids: keys.flatMap(({ kid }) => (kid === undefined ? [] : [kid])),
    find: async (kid, algorithm) => {
      if (isSymmetric(algorithm)) return []
      const fitting = [...keys.entries()].filter(([, key]) => isFor(key, algorithm))
      const named = kid === undefined ? fitting : fitting.filter(([, key]) => key.kid === kid)
      if (kid === undefined && named.length > 1) return []
      const ready = await Promise.all(named.map(([at, key]) => importFor(at, key, algorithm)))
      return ready.filter((key) => key !== null)
    },
  }
}

/**
 * Reads a JWKS (RFC 7517). Keys of kinds that we do not know are passed over, as the RFC asks; a set in which somebody has
 * published a private key is refused whole: whoever sent it must notice.
 */
export const parseKeySet = (given: Uint8Array | string): Result<KeySet, KeySetRefusal> => {
  const read = parseStrictJson(given)
  if (!read.ok) return refuse('not-json')
  const keys = isJsonObject(read.value) ? read.value['keys'] : undefined
  if (!Array.isArray(keys)) return refuse('not-a-jwks')
  if (keys.length > MAX_KEYS) return refuse('too-many-keys')
  const objects = (keys as unknown[]).filter(isKey)
  if (objects.some((key) => PRIVATE_PARTS.some((part) => part in key))) return refuse('private-key')
  const usable = objects.filter((key) => isForSigning(key) && isOfKind(key))
  return usable.length === 0 ? refuse('no-usable-key') : accept(keySetOf(usable))
}

/** A secret that an issuer and the gate share. It answers to HMAC alone, and a JWKS never does (J-05). */
export const secretKeySet = (secret: Uint8Array, kid?: string): KeySet => ({
  kids: kid === undefined ? [] : [kid],
  find: (asked, algorithm) => {
    const isOurs = isSymmetric(algorithm) && (asked === undefined || asked === kid)
    return Promise.resolve(isOurs ? [secret] : [])
  },
})
