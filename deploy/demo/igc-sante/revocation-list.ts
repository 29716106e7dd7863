import { AsnConvert } from '@peculiar/asn1-schema'
import {
  CertificateList,
  CRLReason,
  type CRLReasons,
  id_ce_cRLNumber,
  id_ce_cRLReasons,
  id_ce_deltaCRLIndicator,
  id_ce_issuingDistributionPoint,
  IssuingDistributionPoint,
  RevokedCertificate,
  TBSCertList,
  Time,
  Version,
  type Extension,
} from '@peculiar/asn1-x509'
import type { Authority } from './authority.ts'
import { authorityKeyIdentifier, extension, fullName } from './extensions.ts'
import { algorithmOf, signatureOver, type Hash, type KeyPair } from './signing.ts'

export interface Revoked {
  readonly serial: Uint8Array
  /** `removeFromCRL` takes an entry of the base back, in a delta. */
  readonly reason?: CRLReasons
}

export interface ListOptions {
  readonly number: bigint
  readonly thisUpdate: Date
  /** Undefined for a list that does not say when the next one comes, as no CRL may be. */
  readonly nextUpdate: Date | undefined
  readonly revoked: readonly Revoked[]
  /** Of a delta: the number of the list that it builds on. */
  readonly base?: bigint
  readonly hash?: Hash
  /** Another key than the one of the authority. */
  readonly signer?: Pick<KeyPair, 'privateKey'>
  readonly scope?: Partial<Omit<IssuingDistributionPoint, 'distributionPoint'>> & { readonly url?: string }
  readonly extensions?: readonly Extension[]
}

/** DER of a number of at most 20 bytes. */
const integer = (value: bigint): ArrayBuffer => {
  const digits = value.toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  const content = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
  return Uint8Array.from(Buffer.concat([Buffer.of(2, content.length), content])).buffer
}

const reasonOf = (reason: CRLReasons): Extension => extension(id_ce_cRLReasons, new CRLReason(reason))

const scopeOf = ({ url, ...flags }: NonNullable<ListOptions['scope']>): Extension =>
  extension(
    id_ce_issuingDistributionPoint,
    new IssuingDistributionPoint({ ...flags, ...(url !== undefined && { distributionPoint: fullName(url) }) }),
    true,
  )

const extensionsOf = (issuer: Authority, { number, base, scope, extensions = [] }: ListOptions): Extension[] => [
  authorityKeyIdentifier(issuer.keyId),
  extension(id_ce_cRLNumber, integer(number)),
  ...(base === undefined ? [] : [extension(id_ce_deltaCRLIndicator, integer(base), true)]),
  ...(scope === undefined ? [] : [scopeOf(scope)]),
  ...extensions,
]

/** A list of revoked certificates, in DER. */
export const issueList = (issuer: Authority, options: ListOptions): Uint8Array<ArrayBuffer> => {
  const { thisUpdate, nextUpdate, revoked, hash = 'sha256', signer = issuer.keys } = options
  const signatureAlgorithm = algorithmOf(signer, hash)
  const tbsCertList = new TBSCertList({
    version: Version.v2,
    signature: signatureAlgorithm,
    issuer: issuer.name,
    thisUpdate: new Time(thisUpdate),
    ...(nextUpdate !== undefined && { nextUpdate: new Time(nextUpdate) }),
    ...(revoked.length > 0 && {
      revokedCertificates: revoked.map(
        ({ serial, reason }) =>
          new RevokedCertificate({
            userCertificate: Uint8Array.from(serial).buffer,
            revocationDate: new Time(thisUpdate),
            ...(reason !== undefined && { crlEntryExtensions: [reasonOf(reason)] }),
          }),
      ),
    }),
    crlExtensions: extensionsOf(issuer, options),
  })
  const signature = signatureOver(AsnConvert.serialize(tbsCertList), signer, hash)
  return new Uint8Array(AsnConvert.serialize(new CertificateList({ tbsCertList, signatureAlgorithm, signature })))
}
