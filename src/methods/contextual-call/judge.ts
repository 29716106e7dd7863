import { refuse, accept, type Result } from '../../lib/result.ts'
import { parseTarget } from '../../lib/path.ts'
import type { ContextualCall } from '../../policy/contextual-call.ts'
import type { CallClaims, CallPatient } from './claims.ts'
import { INS_OIDS, isInsOid } from './ins.ts'
import type { RegisteredPartner } from './partner-book.ts'
import type { CallReason } from './reasons.ts'

type CallerClaims = Pick<CallClaims, 'acr' | 'amr' | 'auth_time' | 'sub_kind'>

/** What the establishment has committed itself to: who its users are, how and when they proved it (RIE). */
export const judgeCaller = (
  { partner }: RegisteredPartner,
  { acr, amr, auth_time: authTime, sub_kind: kind }: CallerClaims,
  now: number,
  leeway: number,
): CallReason | null => {
  const { caller, users } = partner
  if (users !== 'either' && users !== kind) return 'user-kind-refused'
  if (caller.acr !== undefined && (acr === undefined || !caller.acr.includes(acr))) return 'caller-too-weak'
  if (caller.amr !== undefined && !caller.amr.some((one) => amr.includes(one))) return 'caller-too-weak'
  const age = now - authTime * 1_000
  return age > caller['max-age'] + leeway || age < -leeway ? 'caller-too-long-ago' : null
}

/** An INS goes with a qualified identity, and those of tests stay in tests (facts/health.md § 3.3). */
export const judgePatient = (
  { partner }: RegisteredPartner,
  patient: CallPatient | undefined,
  { patient: needed }: Pick<ContextualCall, 'patient'>,
): CallReason | null => {
  if (patient === undefined) return needed === 'required' ? 'patient-missing' : null
  const { ins, status } = patient
  if (ins === undefined) return null
  if (status !== 'VALI') return 'ins-without-qualification'
  const isTest = !isInsOid(ins.oid) || INS_OIDS[ins.oid] === 'test'
  return isTest && !partner.test ? 'ins-of-tests' : null
}

/** The page that is asked for: a plain path of the application, among those that were agreed upon. */
export const judgeTarget = (
  { mayTarget }: RegisteredPartner,
  target: string | undefined,
  prefix: string,
): Result<string | null, CallReason> => {
  if (target === undefined) return accept(null)
  const parsed = parseTarget('GET', target)
  if (!parsed.ok || !parsed.value.canonical || parsed.value.path !== target) return refuse('target-refused')
  const isOurs = target.toLowerCase().startsWith(prefix.toLowerCase())
  return !isOurs && mayTarget(target) ? accept(target) : refuse('target-refused')
}
