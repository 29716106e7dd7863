import type { CallContexts } from '../../identity/call-context.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import { keyedDigest, digest, type PurposeKey } from '../../lib/digest.ts'
import type { ContextualCall } from '../../policy/contextual-call.ts'
import type { CallContext } from '../../policy/subject.ts'
import type { ArrivedCall, VerifiedCall } from './call.ts'
import { judgeValues } from './encode.ts'
import { verifyLegacyLink } from './legacy-link.ts'
import type { Once } from './once.ts'
import type { RegisteredPartner } from './partner-book.ts'
import type { Arrival, PendingCall, PendingCalls } from './pending.ts'
import type { CallReason, CallRefusal } from './reasons.ts'
import type { Suspension } from './suspension.ts'
import { patientKeyOf, valuesOf } from './values.ts'
import { verifyCall } from './verify-call.ts'

/** What arrived: a signed token, or an existing link as it came. */
export type GivenCall = { readonly token: string } | { readonly link: string; readonly path: string }

export interface ArrivedWith extends ArrivedCall {
  readonly reference: string
  readonly isFramed: boolean
}

/** A call that was taken, as the trail is told of it. */
export interface TakenCall {
  readonly arrival: Arrival
  readonly partner: string
  readonly patient: string | null
}

/** The calls of one site. */
export interface SiteCalls {
  readonly policy: ContextualCall
  readonly pending: PendingCalls
  /** Verifies a call and takes it, once; nobody is signed in by it yet. */
  receive(given: GivenCall, arrived: ArrivedWith): Promise<Result<TakenCall, CallRefusal>>
  /** What the session of a call remembers of it. */
  contextOf(call: PendingCall, name: string, confined: boolean): CallContext
  /** Addresses of existing links. */
  readonly linkPaths: ReadonlySet<string>
  /** For the start: what was made before now is not taken. */
  begin(): Promise<void>
}

export interface SiteCallParts {
  readonly site: string
  readonly policy: ContextualCall
  readonly audience: string
  readonly prefix: string
  readonly partners: readonly RegisteredPartner[]
  readonly once: Once
  readonly pending: PendingCalls
  readonly suspension: Pick<Suspension, 'isSuspended'>
  readonly contexts: CallContexts
  /** What digests of patients in the trail are made with: they cannot be looked up by trying (facts: matricules are few). */
  readonly patientKey: PurposeKey
}

/** The first partner whose link it is; the refusal of the one that came closest where there is none. */
const verifyLinkOf = async (
  { policy, partners, suspension }: SiteCallParts,
  { link, path }: Extract<GivenCall, { link: string }>,
  arrived: ArrivedWith,
): Promise<Result<VerifiedCall, CallRefusal>> => {
  let refused: CallRefusal = { reason: 'partner-unknown', partner: null, isTest: false }
  for (const registered of partners.filter(({ partner }) => partner.link?.path === path)) {
    const isSuspended = await suspension.isSuspended(registered.partner.id)
    const verified = verifyLegacyLink(policy, registered, link, arrived, isSuspended)
    if (verified.ok) return verified
    if (refused.partner === null || verified.reason.reason !== 'signature-wrong') refused = verified.reason
  }
  return refuse(refused)
}

const take = async (
  parts: SiteCallParts,
  call: VerifiedCall,
  arrived: ArrivedWith,
): Promise<Result<TakenCall, CallRefusal>> => {
  const { partner, patient } = call
  const no = (reason: CallReason) => refuse<CallRefusal>({ reason, partner: partner.id, isTest: partner.test })
  const values = valuesOf(patient, partner, call.user, arrived.reference)
  const doubt = judgeValues(parts.policy.deliver, values)
  if (doubt !== null) return no(doubt)
  const taken = await parts.once.take({ ...call, partner: `${parts.site} ${partner.id}` })
  if (taken !== 'taken') return no(taken)
  const patientKey = patientKeyOf(patient, partner.finess)
  const mark = patientKey === null ? null : keyedDigest(parts.patientKey.current(), 'patient', patientKey).slice(0, 22)
  const arrival = await parts.pending.keep({
    site: parts.site,
    ...{ partner: partner.id, finess: partner.finess, partnerName: partner.name },
    ...{ reference: arrived.reference, identity: call.identity, values, patient: mark, target: call.target },
    ...{ level: (partner.level ?? 3) as 1 | 2 | 3, roles: partner.roles ?? null },
    ...{ isTest: partner.test, isFramed: arrived.isFramed },
  })
  return accept({ arrival, partner: partner.id, patient: mark })
}

export const createSiteCalls = (parts: SiteCallParts): SiteCalls => {
  const { policy, partners, suspension, contexts } = parts
  const byFiness = new Map(partners.map((registered) => [registered.partner.finess, registered]))
  const verifying = {
    ...{ policy, audience: parts.audience, prefix: parts.prefix },
    partnerOf: (finess: string) => byFiness.get(finess),
    isSuspended: (partner: string) => suspension.isSuspended(partner),
  }
  return {
    policy,
    pending: parts.pending,
    receive: async (given, arrived) => {
      const verified =
        'token' in given ? await verifyCall(verifying, given.token, arrived) : await verifyLinkOf(parts, given, arrived)
      return verified.ok ? take(parts, verified.value, arrived) : verified
    },
    contextOf: ({ partner, reference, patient, values, isFramed }, name, confined) => {
      const id = digest(name)
      const sealed = contexts.close(parts.site, id, values)
      return { id, partner, reference, patient, sealed, confined, ...(isFramed && { framed: true }) }
    },
    linkPaths: new Set(partners.flatMap(({ partner }) => (partner.link === undefined ? [] : [partner.link.path]))),
    begin: () => parts.once.begin(),
  }
}
