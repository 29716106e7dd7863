import type { Request, Response } from 'express'
import type { Evidence } from '../sign-in/evidence.ts'
import type { PresentRefusal } from '../sign-in/present.ts'
import type { Visitor } from '../sign-in/visitor.ts'
import type { AtSignIn } from './at-sign-in.ts'
import { cardHref } from './card/addresses.ts'
import { signInHref } from './destination.ts'
import { flowSite } from './flow-site.ts'
import { linkEvidence } from './link-evidence.ts'
import type { PortalParts } from './portal-parts.ts'
import { signInPage } from './sign-in-page.ts'
import { goOn } from './sign-in-steps.ts'
import { startAgain } from './start-again.ts'
import { visitOf } from './visit.ts'

/** Where the person was going, and the sign-in under way that asked for the proof, if one did. */
export interface PresentedAt {
  /** Sealed target. */
  readonly to: string
  readonly attempt?: Pick<AtSignIn, 'handle' | 'underWay'>
}

const answerRefused = async (
  parts: PortalParts,
  response: Response,
  { method }: Evidence,
  { reason }: PresentRefusal,
  { to, attempt }: PresentedAt,
): Promise<void> => {
  const visit = visitOf(response.req)
  switch (reason) {
    case 'used':
      await startAgain(parts, response, to)
      return
    case 'way-closed':
      signInPage(parts, response, { sealed: to, error: { key: 'signIn.wayClosed' }, status: 403 })
      return
    case 'no-account':
    case 'another-person':
    case 'not-enrolled':
      parts.pages.show(
        response,
        'not-recognised',
        {
          method,
          why: reason,
          signInHref: signInHref(visit.site, to),
          retryHref: method === 'cps' ? cardHref(visit.site, { to, attempt: attempt?.handle ?? '' }) : null,
          reference: visit.reference,
        },
        403,
      )
  }
}

/**
 * Goes on with a proof that a card, a provider or an establishment gave of somebody: to their session, to the next step of
 * their sign-in, or to the page that says why not; for somebody who is signed in and links it, to the page that asks whether to.
 */
export const presentEvidence = async (
  parts: PortalParts,
  request: Request,
  response: Response,
  visitor: Visitor,
  evidence: Evidence,
  { to, attempt }: PresentedAt,
): Promise<void> => {
  const visit = visitOf(request)
  const target = parts.targets.open(visit.site.site.site, to) ?? { path: '/', restarts: 0 }
  if (attempt === undefined && (await linkEvidence(parts, request, response, evidence, target))) return
  const presented = await parts.flow.present(flowSite(visit, parts.clock), visitor, evidence, {
    target,
    ...(attempt === undefined ? {} : { underWay: { ...attempt.underWay, handle: attempt.handle } }),
  })
  if (!presented.ok) {
    await answerRefused(parts, response, evidence, presented.reason, { to, ...(attempt && { attempt }) })
    return
  }
  const { handle } = presented.value
  await goOn(parts, request, response, visitor, presented.value, { handle, to })
}
