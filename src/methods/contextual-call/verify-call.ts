import { checkClaims } from '../../identity/jws/claims.ts'
import { claimedIssuer, verifyJws } from '../../identity/jws/verify.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { ContextualCall } from '../../policy/contextual-call.ts'
import { identityOf, type ArrivedCall, type VerifiedCall } from './call.ts'
import { callClaimsSchema, type CallClaims } from './claims.ts'
import { judgeCaller, judgePatient, judgeTarget } from './judge.ts'
import type { RegisteredPartner } from './partner-book.ts'
import type { CallReason, CallRefusal } from './reasons.ts'

export interface VerifyParts {
  readonly policy: ContextualCall
  readonly audience: string
  /** Of the site: nothing below it is a page of the application. */
  readonly prefix: string
  readonly partnerOf: (finess: string) => RegisteredPartner | undefined
  readonly isSuspended: (partner: string) => Promise<boolean>
}

const TYPES = [null, 'jwt', 'contextual-call+jwt'] as const

const schemaFields = (claims: Readonly<Record<string, unknown>>): Result<CallClaims, readonly string[]> => {
  const read = callClaimsSchema.safeParse(claims)
  if (read.success) return accept(read.data)
  const fields = read.error.issues.flatMap((issue) =>
    // Names of unknown fields come from outside: they are shown to whoever sent them, cut and without a surprise.
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => [...issue.path, key.slice(0, 40).replaceAll(/[^\w.-]/g, '?')].join('.'))
      : [issue.path.join('.')],
  )
  return refuse([...new Set(fields)].slice(0, 10))
}

/**
 * Verifies a call: whose it claims to be, whether that establishment may call now, its signature with its own keys, the times
 * and the audience, and then what it says. In this order: nothing is read into a token before it is known who signed it, and
 * nobody without a registered key learns more than that.
 */
export const verifyCall = async (
  parts: VerifyParts,
  token: string,
  arrived: ArrivedCall,
): Promise<Result<VerifiedCall, CallRefusal>> => {
  const { policy, audience } = parts
  const stranger = (reason: CallReason) => refuse<CallRefusal>({ reason, partner: null, isTest: false })
  if (token === '') return stranger('no-token')
  const finess = claimedIssuer(token)
  if (!finess.ok) return stranger(finess.reason)
  const found = parts.partnerOf(finess.value)
  if (found === undefined) return stranger('partner-unknown')
  const { partner } = found
  const no = (reason: CallReason, fields?: readonly string[]) =>
    refuse<CallRefusal>({ reason, partner: partner.id, isTest: partner.test, ...(fields && { fields }) })
  const standing = found.whyNot(arrived, await parts.isSuspended(partner.id))
  if (standing !== null) return no(standing)
  const signed = await verifyJws(token, { algorithms: partner.algorithms, keys: found.keys, types: TYPES })
  if (!signed.ok) return no(signed.reason)
  const times = checkClaims(signed.value.claims, {
    ...{ issuer: partner.finess, audience, now: arrived.now, leeway: policy.leeway },
    ...{ maxAge: policy['max-age'], maxLife: policy['max-age'], needs: ['sub', 'jti'] as const },
  })
  if (!times.ok) return no(times.reason)
  const claims = schemaFields(signed.value.claims)
  if (!claims.ok) return no('claims-invalid', claims.reason)
  const { sub, sub_kind: kind, jti, patient } = claims.value
  const weakness = judgeCaller(found, claims.value, arrived.now, policy.leeway) ?? judgePatient(found, patient, policy)
  if (weakness !== null) return no(weakness)
  const target = judgeTarget(found, claims.value.target, parts.prefix)
  if (!target.ok) return no(target.reason)
  return accept({
    partner,
    identity: identityOf(partner, kind, sub),
    user: sub,
    patient,
    target: target.value,
    id: `jti ${jti}`,
    ...times.value,
  })
}
