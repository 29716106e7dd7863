import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'

export interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

const RSA = { 'rsa-1024': 1024, 'rsa-2048': 2048 } as const
const CURVES = { 'p-224': 'secp224r1', 'p-256': 'prime256v1', 'p-384': 'secp384r1' } as const

export type KeyKind = keyof typeof RSA | keyof typeof CURVES

export const newKeyPair = (kind: KeyKind): KeyPair =>
  kind === 'rsa-1024' || kind === 'rsa-2048'
    ? generateKeyPairSync('rsa', { modulusLength: RSA[kind] })
    : generateKeyPairSync('ec', { namedCurve: CURVES[kind] })

export type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

const ALGORITHMS: Readonly<Record<'rsa' | 'ec', Readonly<Record<Hash, string>>>> = {
  rsa: {
    sha1: '1.2.840.113549.1.1.5',
    sha256: '1.2.840.113549.1.1.11',
    sha384: '1.2.840.113549.1.1.12',
    sha512: '1.2.840.113549.1.1.13',
  },
  ec: {
    sha1: '1.2.840.10045.4.1',
    sha256: '1.2.840.10045.4.3.2',
    sha384: '1.2.840.10045.4.3.3',
    sha512: '1.2.840.10045.4.3.4',
  },
}

/** RSA's have NULL as parameters, those of elliptic curves none (RFC 3279, RFC 5758). */
export const algorithmOf = ({ privateKey }: Pick<KeyPair, 'privateKey'>, hash: Hash): AlgorithmIdentifier => {
  const kind = privateKey.asymmetricKeyType === 'ec' ? 'ec' : 'rsa'
  return new AlgorithmIdentifier({ algorithm: ALGORITHMS[kind][hash], ...(kind === 'rsa' && { parameters: null }) })
}

/** Over the DER of what is signed. */
export const signatureOver = (
  bytes: ArrayBuffer,
  { privateKey }: Pick<KeyPair, 'privateKey'>,
  hash: Hash,
): ArrayBuffer => Uint8Array.from(sign(hash, new Uint8Array(bytes), privateKey)).buffer
