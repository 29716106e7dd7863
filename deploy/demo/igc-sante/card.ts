import { id_kp_clientAuth, KeyUsageFlags, type Extension } from '@peculiar/asn1-x509'
import type { Authority } from './authority.ts'
import { certify, keyIdentifier, type CertificateParts } from './certificate.ts'
import {
  authorityKeyIdentifier,
  cardType,
  CARD_TYPES,
  distributionPoints,
  extendedKeyUsage,
  keyUsage,
  ocspResponder,
  subjectKeyIdentifier,
} from './extensions.ts'
import { nameOf, type Relative } from './name.ts'
import { newKeyPair, type KeyKind, type KeyPair } from './signing.ts'

export type CardKind = keyof typeof CARD_TYPES

/** Who is on the card. */
export interface Holder {
  /** PS_IdNat: `899900000003`, or `3990000028/000000001`. */
  readonly nationalId: string
  readonly familyName: string
  readonly givenName: string
}

/** What an authority issues to a holder. */
export interface TestCertificate {
  readonly certificate: Uint8Array<ArrayBuffer>
  readonly serial: Uint8Array<ArrayBuffer>
  readonly issuer: Authority
}

/** A certificate with its key, as it lies on a card. */
export interface TestCard extends TestCertificate {
  readonly keys: KeyPair
}

const STRUCTURE: readonly Relative[] = [
  [['OU', '1990000028']],
  [['L', 'Ville (99)']],
  [['O', 'CENTRE HOSPITALIER FICTIF']],
  [['C', 'FR']],
]

/** The subject of a card of this kind. */
export const subjectOf = (kind: CardKind, { nationalId, familyName, givenName }: Holder): readonly Relative[] =>
  kind === 'CPS' || kind === 'CPF'
    ? [
        [['C', 'FR']],
        [['title', kind === 'CPS' ? 'Médecin' : 'Étudiant en médecine']],
        [
          ['CN', nationalId],
          ['SN', familyName],
          ['GN', givenName],
        ],
      ]
    : [
        [
          ['GN', givenName],
          ['SN', familyName],
          ['CN', nationalId],
        ],
        ...STRUCTURE,
      ]

/** A card that names nobody: a « carte de service ». */
export const SERVICE_CARD: readonly Relative[] = [
  [['C', 'FR']],
  [['ST', 'Ville (99)']],
  [['O', 'CENTRE HOSPITALIER FICTIF']],
  [['OU', '1990000028']],
  [['title', 'Carte de service']],
  [['pseudonym', 'EMPLOYE000000002']],
  [['CN', '3990000028/000000002']],
]

export interface CardOptions extends Partial<
  Pick<CertificateParts, 'notBefore' | 'notAfter' | 'hash' | 'claimedAlgorithm'>
> {
  readonly issuer: Authority
  readonly now: Date
  readonly subject: readonly Relative[]
  /** Number of the card type; null for a certificate without one. */
  readonly type: number | null
  readonly keys?: KeyPair
  readonly keyKind?: KeyKind
  /** Flags; the signature certificate of a card has nonRepudiation alone. */
  readonly keyUsage?: number
  readonly purposes?: readonly string[]
  readonly crl?: string
  readonly ocsp?: string
  /** Beside the usual ones. */
  readonly extensions?: readonly Extension[]
}

/** Issues what lies on a card: the authentication certificate, unless the options say otherwise. */
export const issueCard = (options: CardOptions): TestCard => {
  const keys = options.keys ?? newKeyPair(options.keyKind ?? 'rsa-2048')
  return { ...certifyKey(options, keys.publicKey), keys }
}

/** The same for a key that was made in a card and never leaves it. */
export const certifyKey = (
  options: Omit<CardOptions, 'keys' | 'keyKind'>,
  publicKey: KeyPair['publicKey'],
): TestCertificate => {
  const { issuer, now, type, crl, ocsp, purposes = [id_kp_clientAuth] } = options
  const serial = issuer.nextSerial()
  const certificate = certify({
    subject: nameOf(options.subject),
    issuer: issuer.name,
    serial,
    notBefore: options.notBefore ?? new Date(now.getTime() - 30 * 86_400_000),
    notAfter: options.notAfter ?? new Date(now.getTime() + 3 * 365 * 86_400_000),
    publicKey,
    signer: issuer.keys,
    ...(options.hash !== undefined && { hash: options.hash }),
    ...(options.claimedAlgorithm !== undefined && { claimedAlgorithm: options.claimedAlgorithm }),
    extensions: [
      keyUsage(options.keyUsage ?? KeyUsageFlags.digitalSignature),
      ...(purposes.length > 0 ? [extendedKeyUsage(...purposes)] : []),
      subjectKeyIdentifier(keyIdentifier(publicKey)),
      authorityKeyIdentifier(issuer.keyId),
      ...(crl === undefined ? [] : [distributionPoints(crl)]),
      ...(ocsp === undefined ? [] : [ocspResponder(ocsp)]),
      ...(type === null ? [] : [cardType(type)]),
      ...(options.extensions ?? []),
    ],
  })
  return { certificate, serial, issuer }
}
