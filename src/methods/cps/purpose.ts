import {
  BasicConstraints,
  ExtendedKeyUsage,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  KeyUsage,
  KeyUsageFlags,
} from '@peculiar/asn1-x509'
import type { CardFault } from './card.ts'
import type { ReadCertificate } from './certificate.ts'
import { extensionValue } from './extension-value.ts'
import { CARD_TYPE } from './kind.ts'

/** Names of key usages as settings write them. */
export const KEY_USAGES = {
  'digital-signature': KeyUsageFlags.digitalSignature,
  'non-repudiation': KeyUsageFlags.nonRepudiation,
  'key-encipherment': KeyUsageFlags.keyEncipherment,
  'data-encipherment': KeyUsageFlags.dataEncipherment,
  'key-agreement': KeyUsageFlags.keyAgreement,
} as const
export type KeyUsageName = keyof typeof KEY_USAGES

/** Which certificate of a card is for signing in. */
export interface PurposeSettings {
  readonly 'key-usage': readonly KeyUsageName[]
  readonly 'refused-key-usage': readonly KeyUsageName[]
  readonly 'extended-key-usage': readonly string[]
}

const CRITICAL_KNOWN: ReadonlySet<string> = new Set([
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_extKeyUsage,
  id_ce_certificatePolicies,
  id_ce_cRLDistributionPoints,
  id_ce_subjectAltName,
  CARD_TYPE,
])

const wrong = (cause: string): CardFault => ({ reason: 'not-for-authentication', cause })

const keyUsageFault = (certificate: ReadCertificate, settings: PurposeSettings): CardFault | null => {
  const usage = extensionValue(certificate, id_ce_keyUsage, KeyUsage)
  if (usage === undefined || usage === null) return wrong('no key usage')
  const flags = usage.toNumber()
  const has = (name: KeyUsageName): boolean => (flags & KEY_USAGES[name]) !== 0
  if (!settings['key-usage'].every(has)) return wrong('key usage')
  if (settings['refused-key-usage'].some(has)) return wrong('key usage of a signature certificate')
  return (flags & (KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign)) === 0 ? null : wrong('key usage of an authority')
}

/**
 * Whether the certificate is the one for signing in: a card has another one that signs documents, and the same key pairs of
 * authorities sign servers. A critical extension that is not understood may say that it is not (RFC 5280 §4.2).
 */
export const purposeFault = (certificate: ReadCertificate, settings: PurposeSettings): CardFault | null => {
  const usageFault = keyUsageFault(certificate, settings)
  if (usageFault !== null) return usageFault
  const purposes: readonly string[] = extensionValue(certificate, id_ce_extKeyUsage, ExtendedKeyUsage) ?? []
  if (!settings['extended-key-usage'].every((each) => purposes.includes(each))) return wrong('extended key usage')
  const constraints = extensionValue(certificate, id_ce_basicConstraints, BasicConstraints)
  if (constraints === null || constraints?.cA === true) return wrong('an authority')
  const unknown = [...certificate.extensions.values()].find(
    ({ critical, extnID }) => critical && !CRITICAL_KNOWN.has(extnID),
  )
  return unknown === undefined ? null : wrong(`critical extension ${unknown.extnID}`)
}
