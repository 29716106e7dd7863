import type { ClaimsRefusal } from '../../identity/jws/claims.ts'
import type { JwsRefusal } from '../../identity/jws/verify.ts'

/** Why a call opened nothing. The trail and integrators are told; whoever sent it reads one page for all of them. */
export type CallReason =
  | JwsRefusal
  | ClaimsRefusal
  | 'no-token'
  | 'partner-unknown'
  | 'partner-suspended'
  | 'partner-not-yet'
  | 'partner-over'
  | 'method-refused'
  | 'network-refused'
  | 'claims-invalid'
  | 'user-kind-refused'
  | 'caller-too-weak'
  | 'caller-too-long-ago'
  | 'patient-missing'
  | 'ins-without-qualification'
  | 'ins-of-tests'
  | 'target-refused'
  | 'value-too-long'
  | 'value-unwritable'
  | 'used'
  | 'memory-lost'
  | 'link-incomplete'
  | 'link-unknown-parameter'
  | 'link-repeated-parameter'
  | 'link-ambiguous'
  | 'link-time-unreadable'
  | 'user-unknown'
  | 'user-ambiguous'
  | 'user-disabled'
  | 'user-not-of-partner'
  | 'way-closed'
  | 'not-enrolled'
  | 'other-person'
  | 'expired-here'

/** What `contextual-call explain`, the manual and a partner under integration are told of each: what it means, what to do. */
export const CALL_REASONS: Readonly<Record<CallReason, string>> = {
  'no-token':
    'The request carries no field `token`. Send a form (POST, application/x-www-form-urlencoded) with the signed token in it.',
  'too-long': 'The token is longer than 16,384 characters. Leave out what the schema does not ask for.',
  'not-compact': 'The token is not a compact JWS: three parts in base64url without padding, separated by two dots.',
  'header-unreadable': 'The first part is not a JSON object in UTF-8.',
  'claims-unreadable': 'The second part is not a JSON object in UTF-8.',
  'duplicate-name': 'A name stands twice in one JSON object: readers could understand it differently.',
  'algorithm-refused': 'The `alg` of the header is not among those registered for this establishment.',
  'header-refused':
    'The header says more than `alg`, `kid` and `typ`: `jwk`, `jku`, `x5c`, `x5u`, `crit`, `b64` are never accepted.',
  'type-refused': 'The `typ` of the header is neither absent nor `JWT` nor `contextual-call+jwt`.',
  'key-unknown':
    'No registered key of the establishment has this `kid` for this `alg`. Publish the key first, or ask the network to register it.',
  'keys-unavailable':
    'The keys of the establishment could not be read: the address of its JWKS does not answer, or the file is not there.',
  'signature-wrong':
    'The signature does not fit the key. Sign `header.payload` as they are sent; ECDSA signatures are r and s together (64 bytes), not DER.',
  'issuer-wrong': 'The `iss` is not the FINESS number that these keys are registered for.',
  'audience-wrong': 'The `aud` is not the public address of the site, to the character, and alone.',
  'subject-missing': 'There is no `sub`, or it is not a text.',
  'expiry-missing': 'There is no `exp`, or it is not a number of seconds.',
  expired: 'The `exp` has passed. Make the token when the user clicks, and let the machine set its clock by NTP.',
  'not-yet-valid':
    'The `nbf` lies in the future: the clock of the record system runs ahead. Let it set its clock by NTP.',
  'issued-missing': 'There is no `iat`, or it is not a number of seconds.',
  'issued-in-future':
    'The `iat` lies in the future: the clock of the record system runs ahead. Let it set its clock by NTP.',
  'too-old':
    'The `iat` lies too far back: the clock of the record system is slow, or the token was kept. Make it when the user clicks.',
  'lives-too-long': 'There is more time between `iat` and `exp` than the site takes (`max-age`, 120 s at most).',
  'id-missing': 'There is no `jti`, or it is not a text.',
  'partner-unknown': 'No establishment with this FINESS number (`iss`) is registered at this site.',
  'partner-suspended': 'The calls of this establishment are suspended: ask the network.',
  'partner-not-yet': 'The calls of this establishment are taken from a later day on.',
  'partner-over': 'The last day on which the calls of this establishment are taken has passed.',
  'method-refused': 'Calls by GET are not taken from this establishment: send a form (POST).',
  'network-refused': 'The browser does not come from a network that is registered for this establishment.',
  'claims-invalid':
    'The claims do not fit the schema (deploy/contextual-call.schema.json): a field is missing, unknown, or not of its form. The fields are named beside this.',
  'user-kind-refused': 'Users of this establishment are not named in this way (`sub_kind`).',
  'caller-too-weak':
    'Neither `acr` nor `amr` says that the user signed in to the record system as strongly as was agreed upon.',
  'caller-too-long-ago': 'The user signed in to the record system (`auth_time`) too long ago, or in the future.',
  'patient-missing': 'The site takes calls for a patient only, and this one names none.',
  'ins-without-qualification':
    'An INS may be sent for a qualified identity only (`status` VALI). Leave `ins` out otherwise.',
  'ins-of-tests':
    'The OID of the INS is that of tests or demonstrations: it is taken from partners under integration alone.',
  'target-refused': 'The `target` is not among the pages that were agreed upon.',
  'value-too-long': 'A value is longer than the application takes.',
  'value-unwritable': 'A value holds letters that the application cannot be given in its character set.',
  used: 'This `jti` was used before: each click needs a token of its own.',
  'memory-lost':
    'The gate has lost, or just begun, its memory of used calls, and takes none that was made before. The next click works.',
  'link-incomplete': 'The link lacks a parameter that the template names, or its signature.',
  'link-unknown-parameter': 'The link carries a parameter that the template does not name.',
  'link-repeated-parameter': 'A parameter stands twice in the link.',
  'link-ambiguous':
    'A value of the link holds what separates two values in the signed text, so that it could be read in two ways. The record system leaves that out of its values, or separates them by something else.',
  'link-time-unreadable': 'The moment of the link is not written as the template says.',
  'user-unknown': 'No account of the site has this identifier. Ask the referent to create or link it.',
  'user-ambiguous': 'Several open accounts have this identifier: none of them is taken for the person.',
  'user-disabled': 'The account of this user is closed.',
  'user-not-of-partner': 'The account lacks the roles that this establishment may call in.',
  'way-closed': 'No way by `contextual-call` is open today, or none from there.',
  'not-enrolled': 'No open way of this account begins with a contextual call, or its second factor is not enrolled.',
  'other-person': 'Somebody else was signed in in this browser, and chose to stay.',
  'expired-here': 'The call was taken, and then left too long before it was gone on with.',
}

/** What is wrong with a call, and of fields that do not fit their names; never a value. */
export interface CallRefusal {
  readonly reason: CallReason
  /** The partner whose keys it was judged by, as far as it got. */
  readonly partner: string | null
  /** Names of claims, or of parameters of a link, that do not fit. */
  readonly fields?: readonly string[]
  /** The partner is under integration: it may read the reason on the page. */
  readonly isTest: boolean
}
