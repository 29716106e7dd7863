import type { KeyObject } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import { RsaSaPssParams } from '@peculiar/asn1-rsa'

/** Hashes of signatures that may be relied on: SHA-2. SHA-1 is forged by whoever can pay (K-05). */
const HASHES: Readonly<Record<string, string>> = {
  // RSA, PKCS #1 v1.5
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  // ECDSA
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
}

const RSA_PSS = '1.2.840.113549.1.1.10'

const DIGESTS: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** How a signature is verified. */
export interface SignatureForm {
  readonly hash: string
  /** Length of the salt of RSASSA-PSS; undefined for other forms. */
  readonly salt?: number
}

const readPss = (parameters: AlgorithmIdentifier['parameters']): SignatureForm | null => {
  if (!parameters) return null
  try {
    const { hashAlgorithm, maskGenAlgorithm, saltLength } = AsnConvert.parse(parameters, RsaSaPssParams)
    const hash = DIGESTS[hashAlgorithm.algorithm]
    const inner = maskGenAlgorithm.parameters
    const mask = inner ? AsnConvert.parse(inner, AlgorithmIdentifier) : null
    if (hash === undefined || mask === null || DIGESTS[mask.algorithm] !== hash) return null
    return { hash, salt: saltLength }
  } catch {
    return null
  }
}

/** Null for a signature that must not be relied on. */
export const signatureForm = ({ algorithm, parameters }: AlgorithmIdentifier): SignatureForm | null => {
  if (algorithm === RSA_PSS) return readPss(parameters)
  const hash = HASHES[algorithm]
  return hash === undefined ? null : { hash }
}

const LEAST_RSA = 2_048
/** More would only cost time to whoever verifies. */
const MOST_RSA = 8_192

const CURVES: ReadonlySet<string | undefined> = new Set([
  ...['prime256v1', 'secp384r1', 'secp521r1'],
  ...['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'],
])

/** Keys that the ANSSI's rules (RGS B1) still allow. */
export const isStrongKey = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean => {
  if (asymmetricKeyType === 'ec') return CURVES.has(asymmetricKeyDetails?.namedCurve)
  if (asymmetricKeyType !== 'rsa' && asymmetricKeyType !== 'rsa-pss') return false
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {}
  return modulusLength >= LEAST_RSA && modulusLength <= MOST_RSA && publicExponent >= 65_537n
}
