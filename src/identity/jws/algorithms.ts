/**
 * The signatures that strangers may use with us, and which key each needs. A list is closed: what is not in it does not
 * exist, `none` above all (RFC 8725 §3.1). A token chooses among those that its issuer is allowed, never the kind of key.
 */
export const JWS_ALGORITHMS = {
  RS256: { kty: 'RSA', curve: null },
  RS384: { kty: 'RSA', curve: null },
  RS512: { kty: 'RSA', curve: null },
  PS256: { kty: 'RSA', curve: null },
  PS384: { kty: 'RSA', curve: null },
  PS512: { kty: 'RSA', curve: null },
  ES256: { kty: 'EC', curve: 'P-256' },
  ES384: { kty: 'EC', curve: 'P-384' },
  ES512: { kty: 'EC', curve: 'P-521' },
  EdDSA: { kty: 'OKP', curve: 'Ed25519' },
  HS256: { kty: 'oct', curve: null },
  HS512: { kty: 'oct', curve: null },
} as const satisfies Record<string, { kty: 'RSA' | 'EC' | 'OKP' | 'oct'; curve: string | null }>

export type JwsAlgorithm = keyof typeof JWS_ALGORITHMS

/** Signed with one secret that both sides know. */
export const isSymmetric = (algorithm: JwsAlgorithm): boolean => JWS_ALGORITHMS[algorithm].kty === 'oct'

export const isJwsAlgorithm = (name: unknown): name is JwsAlgorithm =>
  typeof name === 'string' && Object.hasOwn(JWS_ALGORITHMS, name)
