import { hash, webcrypto } from 'node:crypto'
import { BmpString, OctetString } from 'asn1js'
import {
  Attribute,
  AuthenticatedSafe,
  CertBag,
  Certificate,
  CryptoEngine,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  SafeBag,
  SafeContents,
  setEngine,
} from 'pkijs'
import type { TestCard } from './card.ts'

const ID = {
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
} as const

/** Of the derivation of keys from the password; the files are opened by hand, once. */
const ITERATIONS = 2_048

const ENCRYPTION = {
  contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 },
  hmacHashAlgorithm: 'SHA-256',
  iterationCount: ITERATIONS,
} as const

const bytesOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer

/** A name by which stores of certificates list it, and what ties the key to its certificate. */
const attributes = (name: string, id: ArrayBuffer): Attribute[] => [
  new Attribute({ type: ID.friendlyName, values: [new BmpString({ value: name })] }),
  new Attribute({ type: ID.localKeyId, values: [new OctetString({ valueHex: id })] }),
]

const certificateBag = (der: Uint8Array, bagAttributes?: Attribute[]): SafeBag =>
  new SafeBag({
    bagId: ID.certificate,
    bagValue: new CertBag({ parsedValue: Certificate.fromBER(bytesOf(der)) }),
    ...(bagAttributes !== undefined && { bagAttributes }),
  })

/**
 * A card as a file that browsers and systems import (PKCS #12): its key and certificate, and the authorities above it. The
 * key is encrypted with AES-256 (PBES2), the whole sealed with HMAC-SHA-256, which Windows 10 1709, NSS 3.29 and
 * OpenSSL 1.1 and later read.
 */
export const toPkcs12 = async (
  { certificate, keys }: Pick<TestCard, 'certificate' | 'keys'>,
  authorities: readonly Uint8Array[],
  { name, password: secret }: { readonly name: string; readonly password: string },
): Promise<Uint8Array> => {
  setEngine('node', new CryptoEngine({ name: 'node', crypto: webcrypto }))
  const password = bytesOf(Buffer.from(secret, 'utf8'))
  const id = bytesOf(hash('sha1', certificate, 'buffer'))
  const pkcs8 = keys.privateKey.export({ type: 'pkcs8', format: 'der' })
  const keyBag = new PKCS8ShroudedKeyBag({ parsedValue: PrivateKeyInfo.fromBER(bytesOf(pkcs8)) })
  await keyBag.makeInternalValues({ password, ...ENCRYPTION })
  const bags = [
    new SafeBag({ bagId: ID.shroudedKey, bagValue: keyBag, bagAttributes: attributes(name, id) }),
    certificateBag(certificate, attributes(name, id)),
    ...authorities.map((der) => certificateBag(der)),
  ]
  const authSafe = new AuthenticatedSafe({
    parsedValue: { safeContents: [{ privacyMode: 0, value: new SafeContents({ safeBags: bags }) }] },
  })
  await authSafe.makeInternalValues({ safeContents: [{}] })
  const pfx = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: authSafe } })
  await pfx.makeInternalValues({
    password,
    iterations: ITERATIONS,
    pbkdf2HashAlgorithm: 'SHA-256',
    hmacHashAlgorithm: 'SHA-256',
  })
  return new Uint8Array(pfx.toSchema().toBER())
}
