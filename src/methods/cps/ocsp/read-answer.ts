import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicOCSPResponse,
  id_pkix_ocsp_basic,
  id_pkix_ocsp_nonce,
  OCSPResponse,
  OCSPResponseStatus,
  type CertID,
  type SingleResponse,
} from '@peculiar/asn1-ocsp'
import { accept, refuse, type Result } from '../../../lib/result.ts'
import type { Authority } from '../authorities.ts'
import type { Standing } from '../standing.ts'
import { nonceValue } from './question.ts'
import { isAnswerOf, type ResponderParts } from './responder.ts'

export interface Asked extends ResponderParts {
  readonly id: CertID
  readonly nonce: Uint8Array
  /** Whether the answer must repeat it. */
  readonly needsNonce: boolean
  readonly issuer: Authority
}

export interface Answered {
  readonly standing: Standing
  /** Until when it says that itself, milliseconds since the epoch; null when it says nothing of it. */
  readonly until: number | null
}

/** How far the clocks of the responder and of this machine may be apart. */
const SKEW = 300_000

const readBasic = (bytes: Uint8Array): Result<BasicOCSPResponse, string> => {
  const response = AsnConvert.parse(bytes, OCSPResponse)
  if (response.responseStatus !== OCSPResponseStatus.successful)
    return refuse(`the responder says ${OCSPResponseStatus[response.responseStatus]}`)
  if (response.responseBytes?.responseType !== id_pkix_ocsp_basic) return refuse('an unknown form of answer')
  return accept(AsnConvert.parse(response.responseBytes.response.buffer, BasicOCSPResponse))
}

const isSame = (one: ArrayBuffer, other: ArrayBuffer): boolean => Buffer.from(one).equals(Buffer.from(other))

/** An answer to this question: whoever has heard another may play it back. */
const nonceFault = (
  { tbsResponseData: { responseExtensions = [] } }: BasicOCSPResponse,
  asked: Asked,
): string | null => {
  const critical = responseExtensions.find((each) => each.critical && each.extnID !== id_pkix_ocsp_nonce)
  if (critical !== undefined) return `critical extension ${critical.extnID}`
  const nonce = responseExtensions.find(({ extnID }) => extnID === id_pkix_ocsp_nonce)
  if (nonce === undefined) return asked.needsNonce ? 'no nonce' : null
  return isSame(nonce.extnValue.buffer, nonceValue(asked.nonce)) ? null : 'another nonce'
}

const dateFault = ({ thisUpdate, nextUpdate }: SingleResponse, hasNonce: boolean, now: number): string | null => {
  if (!(thisUpdate.getTime() <= now + SKEW)) return 'from the future'
  // Without an end and without a nonce it could be of any day.
  if (nextUpdate === undefined) return hasNonce && thisUpdate.getTime() >= now - SKEW ? null : 'no end'
  return nextUpdate.getTime() >= now - SKEW ? null : 'past its end'
}

const standingOf = ({ certStatus }: SingleResponse): Standing => {
  if (certStatus.revoked !== undefined) return 'revoked'
  return certStatus.good === undefined ? { unknown: 'the responder does not know it' } : 'good'
}

const judge = (answer: BasicOCSPResponse, asked: Asked): Result<Answered, string> => {
  const { tbsResponseData } = answer
  if (!isAnswerOf(answer, asked.issuer, asked)) return refuse('not signed by its issuer or a delegate')
  const fault = nonceFault(answer, asked)
  if (fault !== null) return refuse(fault)
  const id = AsnConvert.serialize(asked.id)
  const single = tbsResponseData.responses.find(({ certID }) => isSame(AsnConvert.serialize(certID), id))
  if (single === undefined) return refuse('an answer about another certificate')
  if ((single.singleExtensions ?? []).some(({ critical }) => critical)) return refuse('critical extension')
  const hasNonce = (tbsResponseData.responseExtensions ?? []).some(({ extnID }) => extnID === id_pkix_ocsp_nonce)
  const wrongDate = dateFault(single, hasNonce, asked.now)
  if (wrongDate !== null) return refuse(wrongDate)
  return accept({ standing: standingOf(single), until: single.nextUpdate?.getTime() ?? null })
}

/** What an answer says of the certificate that was asked about; the reason of a refusal says why it says nothing. */
export const readAnswer = (bytes: Uint8Array, asked: Asked): Result<Answered, string> => {
  try {
    const read = readBasic(bytes)
    return read.ok ? judge(read.value, asked) : read
  } catch {
    // The library, and OpenSSL at a signature of another kind of key, throw for whatever is no answer.
    return refuse('unreadable')
  }
}
