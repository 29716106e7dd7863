import type { Request, Response } from 'express'
import type { MethodId } from '../policy/schema.ts'
import type { BeginRefusal } from '../sign-in/method.ts'
import type { Obligation } from '../sign-in/obligation.ts'
import type { Progress } from '../sign-in/under-way.ts'
import type { Stage } from '../sign-in/stage.ts'
import type { Visitor } from '../sign-in/visitor.ts'
import { pageElsewhere } from './arrival-pages.ts'
import { destinationOf, endingHref } from './destination.ts'
import { endingWay } from './ending-way.ts'
import { openSession } from './open-session.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf, type PortalSite } from './visit.ts'

const obligedPageOf = (obligation: Obligation): string => {
  if (obligation.kind === 'new-password') return 'sign-in/new-password'
  return obligation.methods.includes('totp') ? 'sign-in/application' : 'sign-in/new-passkey'
}

/** The pages on which somebody who is signed in enrols a method, below the prefix. */
export const ENROLMENT_PAGES: Readonly<Partial<Record<MethodId, string>>> = {
  totp: 'account/application',
  passkey: 'account/passkey',
}

/** The page of each stage of a sign-in under way, below the prefix. */
const pageOf = (stage: Stage): string => {
  switch (stage.kind) {
    case 'choose':
      return 'sign-in/choice'
    case 'obliged':
      return obligedPageOf(stage.obligation)
    case 'answer':
      return pageElsewhere(stage.offer.method) ?? 'sign-in/code'
    case 'proven':
      return 'sign-in/code'
    case 'stuck':
      return 'sign-in'
  }
}

export interface StepLink {
  readonly handle: string
  /** Sealed target, which outlives the attempt. */
  readonly to: string
  /** Why the question could not be put; the page says it. */
  readonly delayed?: BeginRefusal | null
  readonly why?: string
}

/** The link to the page on which a sign-in goes on. */
export const stepHref = (site: PortalSite, stage: Stage, { handle, to, delayed = null, why }: StepLink): string => {
  const query = new URLSearchParams({ attempt: handle, to })
  if (delayed !== null) {
    query.set('why', delayed.reason)
    if ('wait' in delayed) query.set('wait', String(delayed.wait))
  } else if (why !== undefined) query.set('why', why)
  return `${site.prefix}/${pageOf(stage)}?${query.toString()}`
}

/** After a right answer: the session and the page that was asked for, or the next page of the sign-in. */
export const goOn = async (
  parts: PortalParts,
  request: Request,
  response: Response,
  visitor: Visitor,
  progress: Progress,
  link: StepLink,
): Promise<void> => {
  const { site } = visitOf(request)
  if (progress.kind === 'goes-on') {
    parts.pages.go(response, stepHref(site, progress.underWay.stage, { ...link, delayed: progress.delayed }))
    return
  }
  const { proven } = progress
  await openSession(parts, request, proven, visitor)
  const enrolment = proven.then === null ? undefined : ENROLMENT_PAGES[proven.then]
  const to = parts.targets.seal(site.site.site, proven.target)
  if (enrolment !== undefined)
    parts.pages.go(response, `${site.prefix}/${enrolment}?${new URLSearchParams({ to }).toString()}`)
  else if (endingWay(visitOf(request), proven.way.id, parts.clock.now()) !== undefined)
    parts.pages.go(response, endingHref(site, to))
  else parts.pages.go(response, destinationOf(site, proven.target))
}
