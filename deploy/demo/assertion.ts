import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify } from 'jose'
import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey } from 'jose'

/** Where the gate's public keys are: the address of its `jwks.json`, or the key set itself. Asked at every request. */
export type KeySource = () => string | JSONWebKeySet

export interface AssertionExpectations {
  readonly jwks: KeySource
  /** The public origin of the site, as the gate is configured with it. */
  readonly issuer: () => string
  readonly audience: string
  readonly now: () => number
}

/** Who stands before the application, and how it knows. */
export type Visitor = KnownVisitor | UnknownVisitor

export interface KnownVisitor {
  readonly verified: true
  readonly login: string
  readonly name: string
  readonly roles: readonly string[]
  readonly claims: JWTPayload
}

export interface UnknownVisitor {
  readonly verified: false
  /** In French, for the page « Ce que le DCC a reçu » and for the person who sets the gate up. */
  readonly reason: string
}

export type VerifyAssertion = (token: string | undefined) => Promise<Visitor>

/** The algorithms that the gate can be set to; a list of ours, never what the token says of itself. */
const ALGORITHMS = ['ES256', 'EdDSA']

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const rolesOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((role): role is string => typeof role === 'string') : []

const reasonOf = (thrown: unknown): string => {
  if (thrown instanceof errors.JWTExpired) return 'assertion périmée'
  if (thrown instanceof errors.JWTClaimValidationFailed) return `assertion refusée : « ${thrown.claim} » inattendu`
  if (thrown instanceof errors.JWSSignatureVerificationFailed) return 'signature de l’assertion incorrecte'
  if (thrown instanceof errors.JOSEAlgNotAllowed) return 'algorithme de signature non autorisé'
  if (thrown instanceof errors.JWKSNoMatchingKey) return 'clé de signature inconnue'
  if (thrown instanceof errors.JWSInvalid || thrown instanceof errors.JWTInvalid) return 'assertion illisible'
  return 'clés publiques de la passerelle injoignables'
}

/**
 * The check that an application (or a filter before it) has to make, and the whole of it: signature by a key of the
 * gate, a permitted algorithm, issuer, audience, time. Two headers of the name arrive joined by a comma and are not a
 * token, so a doubled header is refused as well (H-01, H-17).
 */
export const createAssertionVerifier = (expected: AssertionExpectations): VerifyAssertion => {
  let known: { source: string; keys: JWTVerifyGetKey } | undefined
  const keysNow = (): JWTVerifyGetKey => {
    const found = expected.jwks()
    if (typeof found !== 'string') return createLocalJWKSet(found)
    if (known?.source !== found) {
      // A short cooldown: right after a key rotation the new key is fetched at once, as the demo wants to show.
      known = { source: found, keys: createRemoteJWKSet(new URL(found), { cooldownDuration: 1_000 }) }
    }
    return known.keys
  }
  return async (token) => {
    if (token === undefined || token === '') return { verified: false, reason: 'aucune assertion reçue' }
    try {
      const { payload } = await jwtVerify(token, keysNow(), {
        issuer: expected.issuer(),
        audience: expected.audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['sub', 'iat', 'exp'],
        clockTolerance: 5,
        currentDate: new Date(expected.now()),
      })
      return {
        verified: true,
        login: text(payload['login']),
        name: text(payload['name']),
        roles: rolesOf(payload['roles']),
        claims: payload,
      }
    } catch (thrown) {
      return { verified: false, reason: reasonOf(thrown) }
    }
  }
}
