import { createHmac, createPrivateKey, generateKeyPairSync, sign as signWith, type KeyObject } from 'node:crypto'

/** A pair of an issuer of tests. */
export interface IssuerKey {
  readonly alg: string
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicJwk: Record<string, unknown>
}

const pairOf = (alg: string) => {
  if (alg.startsWith('ES')) return generateKeyPairSync('ec', { namedCurve: alg === 'ES384' ? 'P-384' : 'P-256' })
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: 2_048 })
}

export const makeIssuerKey = (alg: string, kid: string): IssuerKey => {
  const { privateKey, publicKey } = pairOf(alg)
  return { alg, kid, privateKey, publicJwk: { ...publicKey.export({ format: 'jwk' }), kid } }
}

/** The pair of an issuer whose private key is kept as PEM. */
export const issuerKeyOf = (alg: string, kid: string, pem: string): IssuerKey => {
  const privateKey = createPrivateKey(pem)
  const { d: _, ...publicJwk } = privateKey.export({ format: 'jwk' })
  return { alg, kid, privateKey, publicJwk: { ...publicJwk, kid } }
}

export const jwksOf = (...keys: readonly Pick<IssuerKey, 'publicJwk'>[]): string =>
  JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) })

export const encode = (value: string | Buffer): string => Buffer.from(value).toString('base64url')

const signatureOf = (alg: string, key: KeyObject, input: string): Buffer => {
  const bytes = Buffer.from(input)
  if (alg === 'EdDSA') return signWith(null, bytes, key)
  const hash = `sha${alg.slice(2)}`
  if (alg.startsWith('PS')) return signWith(hash, bytes, { key, padding: 6, saltLength: Number(alg.slice(2)) / 8 })
  return signWith(hash, bytes, { key, dsaEncoding: 'ieee-p1363' })
}

/** Signs exactly these texts as header and claims, however wrong they are: no library would. */
export const signTexts = (key: Pick<IssuerKey, 'alg' | 'privateKey'>, header: string, claims: string): string => {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${encode(signatureOf(key.alg, key.privateKey, input))}`
}

export const signToken = (
  key: IssuerKey,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): string => signTexts(key, JSON.stringify({ alg: key.alg, kid: key.kid, ...header }), JSON.stringify(claims))

/** A token under a secret, or under whatever an attacker takes for one. */
export const signHmac = (
  secret: string | Buffer,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): string => {
  const input = `${encode(JSON.stringify({ alg: 'HS256', ...header }))}.${encode(JSON.stringify(claims))}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}
