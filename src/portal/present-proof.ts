import type { Request, Response } from 'express'
import type { ProviderProof } from '../methods/oidc/answer.ts'
import type { ProviderProfile } from '../methods/oidc/profile.ts'
import type { Practice } from '../policy/practice.ts'
import { resumeAttempt } from './at-sign-in.ts'
import type { PortalParts } from './portal-parts.ts'
import { presentEvidence } from './present.ts'
import { visitOf } from './visit.ts'
import { visitorOf } from './visitor.ts'

export interface ProofAt {
  readonly proof: Pick<ProviderProof, 'identity' | 'level' | 'subject' | 'sid'>
  readonly practice: Practice | null
  readonly browser: string
  /** Sealed target. */
  readonly to: string
  /** Handle of the sign-in under way that it is to complete, or empty. */
  readonly attempt: string
}

/** Goes on with whom a provider has named, in the sign-in that asked for it or in one of its own. */
export const presentProof = async (
  parts: PortalParts,
  request: Request,
  response: Response,
  profile: ProviderProfile,
  { proof, practice, browser, to, attempt }: ProofAt,
): Promise<void> => {
  const evidence = {
    method: profile.method,
    identity: proof.identity,
    maxLevel: proof.level,
    trace: profile.issuer,
    attached: parts.providers.attachedOf(profile, proof, practice ?? undefined),
  }
  if (attempt === '') {
    await presentEvidence(parts, request, response, visitorOf(visitOf(request), browser), evidence, { to })
    return
  }
  const resumed = await resumeAttempt(parts, response, { handle: attempt, to })
  if (resumed !== null)
    await presentEvidence(parts, request, response, resumed.visitor, evidence, { to, attempt: resumed })
}
