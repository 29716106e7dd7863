import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  BasicOCSPResponse,
  CertStatus,
  id_kp_OCSPSigning,
  id_pkix_ocsp_basic,
  id_pkix_ocsp_nonce,
  KeyHash,
  OCSPRequest,
  OCSPResponse,
  OCSPResponseStatus,
  ResponderID,
  ResponseBytes,
  ResponseData,
  RevokedInfo,
  SingleResponse,
  Version,
} from '@peculiar/asn1-ocsp'
import { Certificate, type Extension } from '@peculiar/asn1-x509'
import type { Authority } from '../../deploy/demo/igc-sante/authority.ts'
import { issueCard } from '../../deploy/demo/igc-sante/card.ts'
import { keyIdentifier } from '../../deploy/demo/igc-sante/certificate.ts'
import { algorithmOf, signatureOver, type Hash, type KeyPair } from '../../deploy/demo/igc-sante/signing.ts'

/** Who signs answers: with the certificate that says it may, unless it is the authority itself. */
export interface Responder {
  readonly keys: KeyPair
  readonly certificate: Uint8Array | null
}

export interface AnswerOptions {
  readonly responder: Responder
  readonly now: number
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly thisUpdate?: number
  /** Null for an answer that says nothing of its end. */
  readonly nextUpdate?: number | null
  readonly nonce?: 'same' | 'other' | 'none'
  readonly hash?: Hash
  /** About another serial number than was asked. */
  readonly serial?: Uint8Array
  readonly responseStatus?: OCSPResponseStatus
}

/** The certificate of a responder that its authority has charged with answering. */
export const createResponder = (
  issuer: Authority,
  now: number,
  given: Partial<Parameters<typeof issueCard>[0]> = {},
): Responder & { readonly certificate: Uint8Array; readonly serial: Uint8Array } => {
  const { certificate, keys, serial } = issueCard({
    ...{ issuer, now: new Date(now), subject: [[['CN', 'TEST OCSP']]], type: null, keyKind: 'p-256' },
    purposes: [id_kp_OCSPSigning],
    ...given,
  })
  return { certificate, keys, serial }
}

const noncesOf = (request: OCSPRequest, nonce: AnswerOptions['nonce'] = 'same'): Extension[] => {
  const all = [...(request.tbsRequest.requestExtensions ?? [])].filter(({ extnID }) => extnID === id_pkix_ocsp_nonce)
  if (nonce === 'none') return []
  if (nonce === 'other') for (const each of all) each.extnValue = new OctetString(Uint8Array.of(4, 2, 1, 2).buffer)
  return all
}

const statusOf = ({ status, now }: AnswerOptions): CertStatus => {
  if (status === 'revoked') return new CertStatus({ revoked: new RevokedInfo({ revocationTime: new Date(now) }) })
  return status === 'good' ? new CertStatus({ good: null }) : new CertStatus({ unknown: null })
}

/** The answer of a responder to a question, in DER. */
export const answerQuestion = (question: Uint8Array, options: AnswerOptions): Uint8Array => {
  const { responder, now, thisUpdate = now, nextUpdate = now + 3_600_000, hash = 'sha256' } = options
  const request = AsnConvert.parse(question, OCSPRequest)
  const [asked] = request.tbsRequest.requestList
  if (asked === undefined) throw new Error('nothing was asked')
  if (options.serial !== undefined) asked.reqCert.serialNumber = Uint8Array.from(options.serial).buffer
  const tbsResponseData = new ResponseData({
    version: Version.v1,
    responderID: new ResponderID({ byKey: new KeyHash(keyIdentifier(responder.keys.publicKey)) }),
    producedAt: new Date(now),
    responses: [
      new SingleResponse({
        certID: asked.reqCert,
        certStatus: statusOf(options),
        thisUpdate: new Date(thisUpdate),
        ...(nextUpdate !== null && { nextUpdate: new Date(nextUpdate) }),
      }),
    ],
    responseExtensions: noncesOf(request, options.nonce),
  })
  const { certificate, keys } = responder
  const basic = new BasicOCSPResponse({
    tbsResponseData,
    signatureAlgorithm: algorithmOf(keys, hash),
    signature: signatureOver(AsnConvert.serialize(tbsResponseData), keys, hash),
    ...(certificate !== null && { certs: [AsnConvert.parse(certificate, Certificate)] }),
  })
  const responseBytes = new ResponseBytes({
    responseType: id_pkix_ocsp_basic,
    response: new OctetString(AsnConvert.serialize(basic)),
  })
  const responseStatus = options.responseStatus ?? OCSPResponseStatus.successful
  return new Uint8Array(AsnConvert.serialize(new OCSPResponse({ responseStatus, responseBytes })))
}
