import type { Request, Response } from 'express'
import type { MethodId } from '../policy/schema.ts'
import { personOf, traceOf } from '../sign-in/trace.ts'
import { findAttempt, type AtSignIn } from './at-sign-in.ts'
import type { PortalParts } from './portal-parts.ts'
import { goOn, stepHref } from './sign-in-steps.ts'
import { startAgain } from './start-again.ts'
import { visitOf } from './visit.ts'

/** Whether this method may take the place of a way that is over (G8). */
export const mayTakeItsPlace = ({ underWay: { stage } }: AtSignIn, method: MethodId): boolean =>
  stage.kind === 'obliged' && stage.obligation.kind === 'new-method' && stage.obligation.methods.includes(method)

/** GET: the way that somebody came by is over, and a method takes its place before the session opens. */
export const showNewMethodPage =
  (parts: PortalParts, method: MethodId, show: (response: Response, here: AtSignIn) => Promise<void>) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const here = await findAttempt(parts, request, response)
    if (here === null) return
    if (mayTakeItsPlace(here, method)) {
      await show(response, here)
      return
    }
    const to = parts.targets.seal(site.site.site, here.underWay.attempt.target)
    parts.pages.go(response, stepHref(site, here.underWay.stage, { handle: here.handle, to }))
  }

/** Goes on with a sign-in in which a method was enrolled just now; enrolling it counts as its proof. */
export const goOnWithNewMethod = async (
  parts: PortalParts,
  request: Request,
  response: Response,
  { at, visitor, handle, underWay, to }: AtSignIn & { readonly to: string },
  method: MethodId,
): Promise<void> => {
  parts.trail.record({ event: 'factor.added', method, ...personOf(underWay.account), ...traceOf(at, visitor) })
  const settled = await parts.flow.settle(at, visitor, underWay, method)
  if (settled.ok) await goOn(parts, request, response, visitor, settled.value, { handle, to })
  else await startAgain(parts, response, to)
}
