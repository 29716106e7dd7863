import { z } from 'zod'

/**
 * What the gate signs and seals with. Each is a row of files `<kind>-<generation>.json` in the key folder.
 * `assertion`: the key pair of the signed statement · `cookie`: the secret of the session cookie · `general`: the secret from
 * which the keys of everything else are derived, one for each purpose.
 */
export const KEY_KINDS = ['assertion', 'cookie', 'general'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

export const ALGORITHMS = ['ES256', 'EdDSA'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** 32 bytes in base64url: a P-256 coordinate, an Ed25519 key, a secret. */
const bytes32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const times = { created: z.iso.datetime(), 'signs-from': z.iso.datetime() }

const ellipticSchema = z.strictObject({
  ...{ kty: z.literal('EC'), crv: z.literal('P-256'), x: bytes32, y: bytes32, d: bytes32 },
  ...{ alg: z.literal('ES256'), kid: bytes32, ...times },
})
const edwardsSchema = z.strictObject({
  ...{ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: bytes32, d: bytes32 },
  ...{ alg: z.literal('EdDSA'), kid: bytes32, ...times },
})
const secretSchema = z.strictObject({ kty: z.literal('oct'), k: bytes32, ...times })

/** A private JWK (RFC 7517) with the two times that the schedule is worked out from. */
export const assertionFileSchema = z.discriminatedUnion('kty', [ellipticSchema, edwardsSchema])
export const secretFileSchema = secretSchema
export type AssertionFile = z.output<typeof assertionFileSchema>
export type SecretFile = z.output<typeof secretFileSchema>

const NAME = /^(?<kind>assertion|cookie|general)-(?<generation>\d{4,9})\.json$/
const LOOKS_LIKE_A_KEY = /^(?:assertion|cookie|general)\b/i

export const fileNameOf = (kind: KeyKind, generation: number): string =>
  `${kind}-${String(generation).padStart(4, '0')}.json`

/**
 * What a file of the folder is: a key, `misnamed` when it looks like one under another name (a copy, a backup: a key that is
 * silently not there must not be), or undefined for what is not ours.
 */
export const readFileName = (
  name: string,
): { readonly kind: KeyKind; readonly generation: number } | 'misnamed' | undefined => {
  const { kind, generation } = NAME.exec(name)?.groups ?? {}
  if (kind === undefined) return LOOKS_LIKE_A_KEY.test(name) ? 'misnamed' : undefined
  return { kind: kind as KeyKind, generation: Number(generation) }
}
