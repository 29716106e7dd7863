import { X509Certificate } from 'node:crypto'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { PresentedCard } from './presented-card.ts'

/** How a front hands over the certificate that a visitor has shown it. */
export const CARD_HEADER_FORMS = ['rfc9440', 'nginx', 'haproxy'] as const
export type CardHeaderForm = (typeof CARD_HEADER_FORMS)[number]

/**
 * Why what a front handed over is no certificate. `repeated`: a field stands there twice, so that somebody may have added one
 * (K-02); `unverified`: the front does not say that it has verified it (K-03); `malformed`: it is none (K-04).
 */
export type HandOverFault = 'repeated' | 'unverified' | 'malformed'

/** Null: the visitor showed none. Of a refused one `shown` is what can be read of it, to tell the visitor why, and for nothing else. */
export type HandedOver = Result<
  PresentedCard | null,
  { readonly fault: HandOverFault; readonly shown: PresentedCard | null }
>

const refused = (fault: HandOverFault, shown: PresentedCard | null = null) => refuse({ fault, shown })

/** A certificate of a card has 2 to 3 kB; whole chains stay below this. */
const MAX_LENGTH = 16_384
const MAX_OTHERS = 8

const BASE64 =
  /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$/

/** Exactly one certificate, with nothing before or behind it. */
const certificateOf = (der: Buffer): Buffer | null => {
  try {
    return new X509Certificate(der).raw.equals(der) ? der : null
  } catch {
    return null
  }
}

const fromBase64 = (text: string): Buffer | null =>
  BASE64.test(text) ? certificateOf(Buffer.from(text, 'base64')) : null

/** A byte sequence of RFC 8941, in colons. */
const fromByteSequence = (text: string): Buffer | null => {
  const inner = /^:([A-Za-z0-9+/=]+):$/.exec(text)?.[1]
  return inner === undefined ? null : fromBase64(inner)
}

const PEM = /^-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)\n-----END CERTIFICATE-----\n?$/

/** PEM that nginx has percent-encoded (`$ssl_client_escaped_cert`), once: what is still encoded after that is refused. */
const fromEscapedPem = (text: string): Buffer | null => {
  if (!/^[A-Za-z0-9%._~-]+$/.test(text)) return null
  try {
    const inner = PEM.exec(decodeURIComponent(text))?.[1]
    return inner === undefined ? null : fromBase64(inner.replaceAll('\n', ''))
  } catch {
    return null
  }
}

/** The values of a field, in every spelling that a server could take for it (`_` for `-`). */
const valuesOf = (raw: readonly string[], name: string): string[] =>
  raw.flatMap((value, at) => (at % 2 === 1 && raw[at - 1]?.toLowerCase().replaceAll('_', '-') === name ? [value] : []))

/** One value; null when it is absent or empty, as fronts write what they do not have. */
const only = (raw: readonly string[], name: string): Result<string | null, HandOverFault> => {
  const values = valuesOf(raw, name)
  if (values.length > 1) return refuse('repeated')
  const [value = ''] = values
  if (value.length > MAX_LENGTH) return refuse('malformed')
  return accept(value === '' ? null : value)
}

/** The certificates behind that of the card. */
const othersOf = (text: string | null, read: (one: string) => Buffer | null): readonly Buffer[] | null => {
  if (text === null) return []
  const all = text.split(',').map((one) => read(one.trim()))
  return all.length > MAX_OTHERS || all.includes(null) ? null : all.filter((one) => one !== null)
}

interface Form {
  readonly certificate: string
  readonly chain: string | null
  /** What says that the front has verified it, the only value that does, and what it says of none; null where the field itself says so. */
  readonly verified: { readonly name: string; readonly value: string; readonly none: string } | null
  readonly read: (text: string) => Buffer | null
}

const FORMS: Readonly<Record<CardHeaderForm, Form>> = {
  // RFC 9440 has no field for the result: whoever writes it has verified.
  rfc9440: { certificate: 'client-cert', chain: 'client-cert-chain', verified: null, read: fromByteSequence },
  nginx: {
    certificate: 'x-ssl-client-cert',
    chain: null,
    verified: { name: 'x-ssl-client-verify', value: 'SUCCESS', none: 'NONE' },
    read: fromEscapedPem,
  },
  haproxy: {
    certificate: 'x-ssl-client-der',
    chain: null,
    // 0 is also what HAProxy says when there was no certificate at all.
    verified: { name: 'x-ssl-client-verify', value: '0', none: '0' },
    read: fromBase64,
  },
}

const presentedIn = (read: Form['read'], certificate: string, chain: string | null): PresentedCard | null => {
  const leaf = read(certificate)
  const others = othersOf(chain, read)
  return leaf === null || others === null ? null : { leaf, others }
}

/**
 * The certificate in the fields of a request that came over an authenticated link. One that the front has not verified opens
 * no session, whatever the gate itself would say of it.
 */
export const readCardHeaders = (form: CardHeaderForm, raw: readonly string[]): HandedOver => {
  const { certificate: name, chain: chainName, verified, read } = FORMS[form]
  const certificate = only(raw, name)
  const chain = chainName === null ? accept(null) : only(raw, chainName)
  const result = verified === null ? accept(null) : only(raw, verified.name)
  if (!certificate.ok) return refused(certificate.reason)
  if (!chain.ok) return refused(chain.reason)
  if (!result.ok) return refused(result.reason)
  if (certificate.value === null) {
    const isNone = chain.value === null && (verified === null || result.value === verified.none)
    return isNone ? accept(null) : refused('unverified')
  }
  const presented = presentedIn(read, certificate.value, chain.value)
  if (verified !== null && result.value !== verified.value) return refused('unverified', presented)
  return presented === null ? refused('malformed') : accept(presented)
}
