import { constants, verify, X509Certificate, type KeyObject } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  Certificate,
  Extension,
  id_ce_authorityKeyIdentifier,
  id_ce_cRLNumber,
  id_ce_deltaCRLIndicator,
  id_ce_issuingDistributionPoint,
  IssuingDistributionPoint,
  Name,
  Time,
} from '@peculiar/asn1-x509'
import { accept, refuse, type Result } from '../../../lib/result.ts'
import { keyIdOf } from '../key-id.ts'
import { isStrongKey, signatureForm } from '../strength.ts'
import { contentOf, DerFault, elementAt, expectAt, TAG, whole, type Element } from './der.ts'
import type { ReadList, SignedList } from './list.ts'
import { readEntries } from './read-entries.ts'

const KNOWN: ReadonlySet<string> = new Set([
  id_ce_authorityKeyIdentifier,
  id_ce_cRLNumber,
  id_ce_deltaCRLIndicator,
  id_ce_issuingDistributionPoint,
])

const refuseList = (why: string): never => {
  throw new DerFault(why)
}

/** Verifies with the form that the list names, which must be one that can be relied on. */
const isSigned = (signed: Uint8Array, signature: Uint8Array, algorithm: Uint8Array, key: KeyObject): boolean => {
  const form = signatureForm(AsnConvert.parse(algorithm, AlgorithmIdentifier))
  if (form === null || !isStrongKey(key)) return refuseList('weak signature')
  const padding = form.salt === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: form.salt }
  return verify(form.hash, signed, { key, ...padding }, signature)
}

/** The outer three parts: what is signed, how, and the signature. */
const outerParts = (bytes: Uint8Array) => {
  const list = expectAt(bytes, 0, bytes.length, TAG.sequence)
  if (list.end !== bytes.length) refuseList('something follows it')
  const signed = expectAt(bytes, list.content, list.end, TAG.sequence)
  const algorithm = expectAt(bytes, signed.end, list.end, TAG.sequence)
  const signature = expectAt(bytes, algorithm.end, list.end, TAG.bitString)
  if (signature.end !== list.end || bytes[signature.content] !== 0) refuseList('signature')
  return { signed, algorithm, signature: bytes.subarray(signature.content + 1, signature.end) }
}

const readTime = (bytes: Uint8Array, at: number, limit: number): { readonly time: number; readonly end: number } => {
  const element = elementAt(bytes, at, limit)
  if (element.tag !== TAG.utcTime && element.tag !== TAG.generalizedTime) refuseList('no date')
  const time = AsnConvert.parse(whole(bytes, element), Time).getTime().getTime()
  if (!Number.isFinite(time)) refuseList('no date')
  return { time, end: element.end }
}

const readInteger = (value: ArrayBuffer | undefined): bigint | null => {
  if (value === undefined) return null
  const bytes = new Uint8Array(value)
  const element = expectAt(bytes, 0, bytes.length, TAG.integer)
  // RFC 5280 §5.2.3: at most 20 bytes, and never negative.
  if (
    element.end !== bytes.length ||
    element.end - element.content > 21 ||
    ((bytes[element.content] ?? 0xff) & 0x80) !== 0
  )
    refuseList('number')
  return BigInt(`0x${Buffer.from(contentOf(bytes, element)).toString('hex')}`)
}

const readExtensions = (bytes: Uint8Array, at: number, limit: number): ReadonlyMap<string, Extension> => {
  const all = new Map<string, Extension>()
  if (at === limit) return all
  const outer = expectAt(bytes, at, limit, TAG.context0)
  const list = expectAt(bytes, outer.content, outer.end, TAG.sequence)
  if (outer.end !== limit || list.end !== outer.end) refuseList('extensions')
  for (let next = list.content; next < list.end;) {
    const element = expectAt(bytes, next, list.end, TAG.sequence)
    const extension = AsnConvert.parse(whole(bytes, element), Extension)
    if (all.has(extension.extnID)) refuseList('an extension twice')
    if (extension.critical && !KNOWN.has(extension.extnID)) refuseList(`critical extension ${extension.extnID}`)
    all.set(extension.extnID, extension)
    next = element.end
  }
  return all
}

/** Lists by reasons, of attributes, or in the name of others are not what a card is looked up in. */
const readScope = (extension: Extension | undefined): ReadList['scope'] => {
  if (extension === undefined) return { about: 'all', urls: [] }
  const scope = AsnConvert.parse(extension.extnValue.buffer, IssuingDistributionPoint)
  if (scope.indirectCRL || scope.onlyContainsAttributeCerts || scope.onlySomeReasons !== undefined)
    refuseList('a list of something else')
  const { distributionPoint } = scope
  if (distributionPoint !== undefined && distributionPoint.fullName === undefined) refuseList('relative name')
  const urls = (distributionPoint?.fullName ?? []).flatMap((name) => name.uniformResourceIdentifier ?? [])
  return {
    about: scope.onlyContainsUserCerts ? 'holders' : scope.onlyContainsCACerts ? 'authorities' : 'all',
    urls,
  }
}

interface Head {
  readonly algorithm: Element
  readonly issuer: Element
  readonly thisUpdate: number
  readonly nextUpdate: number
  readonly end: number
}

const readHead = (bytes: Uint8Array, signed: Element): Head => {
  const version = expectAt(bytes, signed.content, signed.end, TAG.integer)
  if (version.end - version.content !== 1 || bytes[version.content] !== 1) refuseList('version')
  const algorithm = expectAt(bytes, version.end, signed.end, TAG.sequence)
  const issuer = expectAt(bytes, algorithm.end, signed.end, TAG.sequence)
  const first = readTime(bytes, issuer.end, signed.end)
  const second = readTime(bytes, first.end, signed.end)
  if (second.time <= first.time) refuseList('dates')
  return { algorithm, issuer, thisUpdate: first.time, nextUpdate: second.time, end: second.end }
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

/** A name in the library's own spelling. */
const nameBytes = (name: Name): Uint8Array => new Uint8Array(AsnConvert.serialize(name))

/** The key that signed it: an authority may have had several under one name. */
const signerOf = (
  bytes: Uint8Array,
  { signed, algorithm, signature }: ReturnType<typeof outerParts>,
  issuer: Name,
  authorities: readonly Uint8Array[],
): KeyObject => {
  const named = authorities.filter((der) =>
    isSame(nameBytes(AsnConvert.parse(der, Certificate).tbsCertificate.subject), nameBytes(issuer)),
  )
  if (named.length === 0) refuseList('the list of another authority')
  const keys = named.map((der) => new X509Certificate(der).publicKey)
  const signer = keys.find((key) => isSigned(whole(bytes, signed), signature, whole(bytes, algorithm), key))
  return signer ?? refuseList('wrong signature')
}

const read = (bytes: Uint8Array, authorities: readonly Uint8Array[]): SignedList => {
  const parts = outerParts(bytes)
  const { signed, algorithm } = parts
  const head = readHead(bytes, signed)
  if (!isSame(whole(bytes, algorithm), whole(bytes, head.algorithm))) refuseList('two algorithms')
  const signer = signerOf(bytes, parts, AsnConvert.parse(whole(bytes, head.issuer), Name), authorities)
  const hasEntries = head.end < signed.end && bytes[head.end] === TAG.sequence
  const entries = hasEntries ? expectAt(bytes, head.end, signed.end, TAG.sequence) : null
  const extensions = readExtensions(bytes, entries?.end ?? head.end, signed.end)
  const number = readInteger(extensions.get(id_ce_cRLNumber)?.extnValue.buffer)
  const base = readInteger(extensions.get(id_ce_deltaCRLIndicator)?.extnValue.buffer)
  const scope = readScope(extensions.get(id_ce_issuingDistributionPoint))
  const { thisUpdate, nextUpdate } = head
  // Without a number nobody sees that an older list is played back.
  if (number === null) return refuseList('no number')
  const list = { number, base, thisUpdate, nextUpdate, ...readEntries(bytes, entries, base !== null), scope }
  return { list, authority: keyIdOf(signer) }
}

/** A list in PEM, as some publish it. */
const fromPem = (bytes: Uint8Array): Uint8Array => {
  if (bytes[0] !== 0x2d) return bytes
  const text = Buffer.from(bytes).toString('latin1')
  return Buffer.from(/-----BEGIN X509 CRL-----([\s\S]+?)-----END X509 CRL-----/.exec(text)?.[1] ?? '', 'base64')
}

/**
 * Reads and verifies a list of one of these authorities (certificates, in DER); the reason of a refusal says what is wrong with it.
 */
export const readList = (bytes: Uint8Array, authorities: readonly Uint8Array[]): Result<SignedList, string> => {
  try {
    return accept(read(fromPem(bytes), authorities))
  } catch (thrown) {
    // The library throws for whatever is not what it should be.
    return refuse(thrown instanceof DerFault ? thrown.message : 'unreadable')
  }
}
