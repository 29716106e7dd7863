import { createHash } from 'node:crypto'
import { KeyUsageFlags, type Extension, type Name } from '@peculiar/asn1-x509'
import { certify, keyIdentifier, type CertificateParts } from './certificate.ts'
import { authorityKeyIdentifier, basicConstraints, keyUsage, subjectKeyIdentifier } from './extensions.ts'
import { nameOf } from './name.ts'
import { newKeyPair, type KeyKind, type KeyPair } from './signing.ts'

export interface Authority {
  /** Its common name. */
  readonly commonName: string
  readonly name: Name
  readonly keys: KeyPair
  readonly keyId: ArrayBuffer
  readonly certificate: Uint8Array<ArrayBuffer>
  /** The next serial number, 16 bytes as those of IGC-Santé. */
  readonly nextSerial: () => Uint8Array<ArrayBuffer>
}

const YEAR = 365 * 86_400_000

/** Names of authorities of the test PKI: `C=FR, O=ASIP-SANTE, OU=0002 187512751, OU=IGC-SANTE TEST, CN=TEST AC …`. */
export const authorityName = (commonName: string): Name =>
  nameOf([
    [['C', 'FR']],
    [['O', 'ASIP-SANTE']],
    [['OU', '0002 187512751']],
    [['OU', 'IGC-SANTE TEST']],
    [['CN', commonName]],
  ])

const serials = (commonName: string, publicKey: KeyPair['publicKey']) => {
  const seed = publicKey.export({ type: 'spki', format: 'der' })
  let count = 0
  return (): Uint8Array<ArrayBuffer> => {
    count += 1
    const serial = Uint8Array.from(
      createHash('sha256').update(seed).update(`${commonName} ${count}`).digest().subarray(0, 16),
    )
    // A positive number of 16 bytes.
    serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
    return serial
  }
}

export interface AuthorityOptions extends Partial<Pick<CertificateParts, 'notBefore' | 'notAfter' | 'hash'>> {
  /** Null for a root. */
  readonly issuer: Authority | null
  readonly now: Date
  readonly keyKind?: KeyKind
  readonly keys?: KeyPair
  readonly pathLength?: number
  /** In place of the usual ones. */
  readonly extensions?: readonly Extension[]
}

export const createAuthority = (commonName: string, options: AuthorityOptions): Authority => {
  const { issuer, now, keyKind = 'rsa-2048', pathLength } = options
  const keys = options.keys ?? newKeyPair(keyKind)
  const name = authorityName(commonName)
  const keyId = keyIdentifier(keys.publicKey)
  const nextSerial = serials(commonName, keys.publicKey)
  const certificate = certify({
    subject: name,
    issuer: issuer?.name ?? name,
    serial: (issuer?.nextSerial ?? nextSerial)(),
    notBefore: options.notBefore ?? new Date(now.getTime() - 3 * YEAR),
    notAfter: options.notAfter ?? new Date(now.getTime() + 7 * YEAR),
    publicKey: keys.publicKey,
    signer: issuer?.keys ?? keys,
    ...(options.hash !== undefined && { hash: options.hash }),
    extensions: options.extensions ?? [
      basicConstraints(true, pathLength),
      keyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign),
      subjectKeyIdentifier(keyId),
      authorityKeyIdentifier(issuer?.keyId ?? keyId),
    ],
  })
  return { commonName, name, keys, keyId, certificate, nextSerial }
}
