import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AccessDescription,
  AuthorityInfoAccessSyntax,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CRLDistributionPoints,
  DistributionPoint,
  DistributionPointName,
  ExtendedKeyUsage,
  Extension,
  GeneralName,
  id_ad_ocsp,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  id_pe_authorityInfoAccess,
  KeyIdentifier,
  KeyUsage,
  SubjectKeyIdentifier,
} from '@peculiar/asn1-x509'

/** An extension whose value is DER already, or an object of the library. */
export const extension = (id: string, value: ArrayBuffer | object, critical = false): Extension =>
  new Extension({
    extnID: id,
    critical,
    extnValue: new OctetString(value instanceof ArrayBuffer ? value : AsnConvert.serialize(value)),
  })

/** The card type of the ANS (TRE_G02): an INTEGER. */
export const CARD_TYPE = '1.2.250.1.71.1.2.2'

export const CARD_TYPES = { CPS: 0, CPF: 1, CPE: 2, CPA: 3 } as const

export const cardType = (type: number): Extension => extension(CARD_TYPE, Uint8Array.of(2, 1, type).buffer)

export const basicConstraints = (cA: boolean, pathLength?: number): Extension =>
  extension(
    id_ce_basicConstraints,
    new BasicConstraints({ cA, ...(pathLength !== undefined && { pathLenConstraint: pathLength }) }),
    true,
  )

/** Flags as in `KeyUsageFlags`. */
export const keyUsage = (flags: number): Extension => extension(id_ce_keyUsage, new KeyUsage(flags), true)

export const extendedKeyUsage = (...purposes: readonly string[]): Extension =>
  extension(id_ce_extKeyUsage, new ExtendedKeyUsage([...purposes]))

export const subjectKeyIdentifier = (id: ArrayBuffer): Extension =>
  extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(id))

export const authorityKeyIdentifier = (id: ArrayBuffer): Extension =>
  extension(id_ce_authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(id) }))

const address = (url: string): GeneralName => new GeneralName({ uniformResourceIdentifier: url })

export const fullName = (...urls: readonly string[]): DistributionPointName =>
  new DistributionPointName({ fullName: urls.map(address) })

export const distributionPoints = (...urls: readonly string[]): Extension =>
  extension(
    id_ce_cRLDistributionPoints,
    new CRLDistributionPoints(urls.map((url) => new DistributionPoint({ distributionPoint: fullName(url) }))),
  )

export const ocspResponder = (url: string): Extension =>
  extension(
    id_pe_authorityInfoAccess,
    new AuthorityInfoAccessSyntax([new AccessDescription({ accessMethod: id_ad_ocsp, accessLocation: address(url) })]),
  )
