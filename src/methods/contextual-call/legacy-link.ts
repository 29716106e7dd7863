import { createHmac, timingSafeEqual, verify, type KeyObject } from 'node:crypto'
import { isInsOid, isMatricule } from './ins.ts'
import { callClaimsSchema, type CallPatient } from './claims.ts'
import { identityOf, type ArrivedCall, type VerifiedCall } from './call.ts'
import { judgePatient } from './judge.ts'
import type { RegisteredPartner, VerifyLink } from './partner-book.ts'
import type { CallReason, CallRefusal } from './reasons.ts'
import { signedTextOf } from './signed-text.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import { digest } from '../../lib/digest.ts'
import type { ContextualCall } from '../../policy/contextual-call.ts'
import type { LegacyLink } from '../../policy/partners.ts'

type Charset = LegacyLink['charset']

/** The bytes of a percent-encoded text; null where a `%` is followed by no two digits. */
const percentDecoded = (text: string): Buffer | null =>
  /%(?![0-9A-Fa-f]{2})/.test(text) || /[^\x21-\x7e]/.test(text)
    ? null
    : Buffer.from(
        text
          .replaceAll('+', ' ')
          .replaceAll(/%(..)/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
        'latin1',
      )

const decode = (text: string, charset: Charset): string | null => {
  const bytes = percentDecoded(text)
  if (bytes === null || charset === 'iso-8859-1') return bytes?.toString('latin1') ?? null
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Names and values of a query or a form, as they are; a name twice means two things to two readers. */
export const readLink = (raw: string, charset: Charset): Result<ReadonlyMap<string, string>, CallReason> => {
  const read = new Map<string, string>()
  for (const pair of raw.split('&').filter((one) => one !== '')) {
    const at = pair.includes('=') ? pair.indexOf('=') : pair.length
    const name = decode(pair.slice(0, at), charset)
    const value = decode(pair.slice(at + 1), charset)
    if (name === null || value === null) return refuse('link-incomplete')
    if (read.has(name)) return refuse('link-repeated-parameter')
    read.set(name, value)
  }
  return accept(read)
}

/** HMAC-SHA-256 with the secret that both sides know. */
export const hmacLink = (secret: string): VerifyLink => {
  return (text, signature) => {
    const expected = createHmac('sha256', secret).update(text, 'latin1').digest()
    return signature.length === expected.length && timingSafeEqual(expected, signature)
  }
}

/** RSA PKCS#1 v1.5 with SHA-256. */
export const rsaLink =
  (key: KeyObject): VerifyLink =>
  (text, signature) =>
    verify('sha256', Buffer.from(text, 'latin1'), key, signature)

const PATTERNS = {
  hex: /^(?:[0-9a-f]{2})+$/i,
  base64: /^[A-Za-z0-9+/]+={0,2}$/,
  base64url: /^[A-Za-z0-9_-]+$/,
} as const

const READ_TIME: Readonly<Record<LegacyLink['time'], (text: string) => number>> = {
  'epoch-seconds': (text) => (/^\d{1,11}$/.test(text) ? Number(text) * 1_000 : Number.NaN),
  'epoch-milliseconds': (text) => (/^\d{1,14}$/.test(text) ? Number(text) : Number.NaN),
  'iso-8601': (text) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN,
  yyyymmddhhmmss: (text) =>
    // In UTC: a local time has an hour that is there twice.
    /^\d{14}$/.test(text) ? Date.parse(text.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6Z')) : Number.NaN,
}

const FIELDS_OF_PATIENT = {
  'patient.status': 'status',
  'patient.birth-name': 'birth_name',
  'patient.first-given-name': 'first_given_name',
  'patient.birth-date': 'birth_date',
  'patient.sex': 'sex',
  'patient.birth-place': 'birth_place',
  'patient.local-id': 'local_id',
} as const

/** A link says of a patient what it says; what it says has the form that a signed call would have. */
const PATIENT = callClaimsSchema.shape.patient.unwrap().partial()

const patientOf = (fields: ReadonlyMap<string, string>): Result<CallPatient | undefined, 'claims-invalid'> => {
  const traits = Object.entries(FIELDS_OF_PATIENT).flatMap(([field, name]) => {
    const value = fields.get(field)
    return value === undefined || value === '' ? [] : [[name, value] as const]
  })
  const matricule = fields.get('patient.matricule')
  const oid = fields.get('patient.oid')
  const ins = matricule === undefined || oid === undefined ? undefined : { matricule, oid }
  if (ins !== undefined && !(isMatricule(ins.matricule) && isInsOid(ins.oid))) return refuse('claims-invalid')
  const given = { ...Object.fromEntries(traits), ...(ins && { ins }) }
  if (Object.keys(given).length === 0) return accept(undefined)
  const read = PATIENT.safeParse(given)
  return read.success ? accept(read.data) : refuse('claims-invalid')
}

interface Read {
  /** By what they stand for. */
  readonly fields: ReadonlyMap<string, string>
  readonly signature: string
}

type Misread = Pick<CallRefusal, 'reason' | 'fields'>

const readSigned = (registered: RegisteredPartner, link: LegacyLink, raw: string): Result<Read, Misread> => {
  const no = (reason: CallReason) => refuse<Misread>({ reason })
  const values = readLink(raw, link.charset)
  if (!values.ok) return no(values.reason)
  const { parameter, encoding } = link.signature
  const known = new Set([...Object.keys(link.fields), parameter, ...link.unsigned])
  if ([...values.value.keys()].some((name) => !known.has(name))) return no('link-unknown-parameter')
  const signature = values.value.get(parameter) ?? ''
  if (Object.keys(link.fields).some((name) => !values.value.has(name))) return no('link-incomplete')
  if (!PATTERNS[encoding].test(signature)) return no('link-incomplete')
  const { text, ambiguous } = signedTextOf(link, values.value)
  if (registered.verifyLink?.(text, Buffer.from(signature, encoding)) !== true) return no('signature-wrong')
  if (ambiguous.length > 0) return refuse({ reason: 'link-ambiguous', fields: ambiguous })
  const fields = new Map(Object.entries(link.fields).map(([name, field]) => [field, values.value.get(name) ?? '']))
  return accept({ fields, signature })
}

const judgeTime = (at: number, { now }: ArrivedCall, policy: ContextualCall): CallReason | null => {
  if (!Number.isFinite(at)) return 'link-time-unreadable'
  if (at > now + policy.leeway) return 'issued-in-future'
  return now - at > policy['max-age'] + policy.leeway ? 'too-old' : null
}

/**
 * Verifies an existing signed link as the policy describes it. It says nothing of how its user signed in: that is what the
 * establishment has committed itself to.
 */
export const verifyLegacyLink = (
  policy: ContextualCall,
  registered: RegisteredPartner,
  raw: string,
  arrived: ArrivedCall,
  isSuspended: boolean,
): Result<VerifiedCall, CallRefusal> => {
  const { partner } = registered
  const no = (reason: CallReason) => refuse<CallRefusal>({ reason, partner: partner.id, isTest: partner.test })
  const { link } = partner
  if (link === undefined || registered.verifyLink === null) return no('link-incomplete')
  const standing = registered.whyNot(arrived, isSuspended)
  // How a link arrives is the template's affair: existing ones are addresses.
  if (standing !== null && standing !== 'method-refused') return no(standing)
  const read = readSigned(registered, link, raw)
  if (!read.ok) return refuse({ ...read.reason, partner: partner.id, isTest: partner.test })
  const { fields } = read.value
  const at = READ_TIME[link.time](fields.get('time') ?? '')
  const late = judgeTime(at, arrived, policy)
  if (late !== null) return no(late)
  const patient = patientOf(fields)
  if (!patient.ok) return no(patient.reason)
  const unfit = judgePatient(registered, patient.value, policy)
  if (unfit !== null) return no(unfit)
  const user = fields.get('user') ?? ''
  if (user === '' || user.length > 128) return no('subject-missing')
  const nonce = fields.get('nonce')
  return accept({
    partner,
    identity: identityOf(partner, partner.users === 'local-id' ? 'local-id' : 'national-id', user),
    user,
    patient: patient.value,
    target: null,
    // Without a nonce the signed text itself is what is used once; its signature may have a second spelling.
    id: nonce === undefined ? `link ${digest(signedKey(fields))}` : `nonce ${nonce}`,
    issuedAt: at,
    expiresAt: at + policy['max-age'],
  })
}

const signedKey = (fields: ReadonlyMap<string, string>): string => JSON.stringify([...fields])
