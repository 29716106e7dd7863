import type { KeyObject } from 'node:crypto'
import {
  BasicConstraints,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_keyUsage,
  KeyUsage,
  KeyUsageFlags,
} from '@peculiar/asn1-x509'
import { readCertificate, type ReadCertificate } from './certificate.ts'
import { extensionValue } from './extension-value.ts'
import { keyIdOf } from './key-id.ts'
import { attributesOf, textOf } from './subject.ts'
import { isStrongKey, signatureForm } from './strength.ts'

/** An authority of the instance file, with the way from it up to a root of the same file. */
export interface Authority {
  readonly certificate: ReadCertificate
  readonly commonName: string
  /** Of its key: what lists and answers about its certificates are kept under. */
  readonly id: string
  readonly publicKey: KeyObject
  /** From its own issuer to the root; empty for a root. */
  readonly above: readonly Authority[]
}

export interface Authorities {
  readonly all: readonly Authority[]
  /** Those that issue cards. */
  readonly issuers: readonly Authority[]
  /** What was installed but cannot be believed, and why. */
  readonly refused: readonly { readonly name: string; readonly cause: string }[]
}

/** Of the path below a root; IGC-Santé has two certificates above a card. */
const MOST_ABOVE = 4

const CRITICAL_KNOWN: ReadonlySet<string> = new Set([
  id_ce_basicConstraints,
  id_ce_keyUsage,
  // Any policy will do: which authorities issue cards is said by name.
  id_ce_certificatePolicies,
  id_ce_authorityKeyIdentifier,
])

/** What makes a certificate one that may sign others (RFC 5280 §6.1.4), dates aside. */
const faultOf = (certificate: ReadCertificate): string | null => {
  const constraints = extensionValue(certificate, id_ce_basicConstraints, BasicConstraints)
  if (constraints?.cA !== true) return 'not an authority'
  const usage = extensionValue(certificate, id_ce_keyUsage, KeyUsage)
  if (usage === null || usage === undefined || (usage.toNumber() & KeyUsageFlags.keyCertSign) === 0)
    return 'may not sign certificates'
  if (!isStrongKey(certificate.publicKey)) return 'weak key'
  const unknown = [...certificate.extensions.values()].find(
    ({ critical, extnID }) => critical && !CRITICAL_KNOWN.has(extnID),
  )
  return unknown === undefined ? null : `critical extension ${unknown.extnID}`
}

/** Whether one signed the other, with an algorithm that can be relied on. */
export const isSignedBy = (
  certificate: ReadCertificate,
  issuer: Pick<Authority, 'certificate' | 'publicKey'>,
): boolean =>
  certificate.x509.checkIssued(issuer.certificate.x509) &&
  signatureForm(certificate.signatureAlgorithm) !== null &&
  certificate.x509.verify(issuer.publicKey)

/** A root is believed because it was installed: how strong its signature over itself is says nothing. */
const isRoot = ({ x509, publicKey }: ReadCertificate): boolean => x509.checkIssued(x509) && x509.verify(publicKey)

const lengthAllowed = (certificate: ReadCertificate, below: number): boolean => {
  const limit = extensionValue(certificate, id_ce_basicConstraints, BasicConstraints)?.pathLenConstraint
  return limit === undefined || below <= limit
}

type Candidate = Omit<Authority, 'above'>

const candidateOf = (certificate: ReadCertificate): Candidate => ({
  certificate,
  commonName: textOf(attributesOf(certificate.fields.subject).CN[0]) ?? '',
  id: keyIdOf(certificate.publicKey),
  publicKey: certificate.publicKey,
})

/** The way up to a root, or null. */
const pathOf = (candidate: Candidate, all: readonly Candidate[], depth = 0): readonly Authority[] | null => {
  if (isRoot(candidate.certificate)) return []
  if (depth >= MOST_ABOVE) return null
  for (const issuer of all) {
    if (issuer.id === candidate.id || !isSignedBy(candidate.certificate, issuer)) continue
    if (!lengthAllowed(issuer.certificate, depth + 1)) continue
    const above = pathOf(issuer, all, depth + 1)
    if (above !== null) return [{ ...issuer, above }, ...above]
  }
  return null
}

/**
 * The authorities of an instance. What a visitor's browser sends along is never one: an issuer of cards has to be known
 * beforehand for its lists to be verified, and whoever stands above it comes from the same file.
 * @param issuers common names of those that issue cards
 */
export const createAuthorities = (ders: readonly Uint8Array[], issuers: readonly string[]): Authorities => {
  const refused: { name: string; cause: string }[] = []
  const sound: Candidate[] = []
  for (const der of ders) {
    const read = readCertificate(der)
    const cause = read.ok ? faultOf(read.value) : read.reason
    const name = read.ok ? candidateOf(read.value).commonName : ''
    if (!read.ok || cause !== null) refused.push({ name, cause: cause ?? '' })
    else sound.push(candidateOf(read.value))
  }
  const all: Authority[] = []
  for (const candidate of sound) {
    const above = pathOf(candidate, sound)
    if (above === null) refused.push({ name: candidate.commonName, cause: 'no root above it' })
    else all.push({ ...candidate, above })
  }
  return { all, issuers: all.filter(({ commonName }) => issuers.includes(commonName)), refused }
}
