import type { Request, Response } from 'express'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf } from '../visit.ts'

/** GET « Mot de passe oublié ? »: whom to call, where the referent sets a new password. */
export const showForgotten =
  (parts: PortalParts) =>
  (request: Request, response: Response): void => {
    const visit = visitOf(request)
    if (visit.site.site.password.forgotten === 'hidden') parts.refusals.refuse(visit, 'not-found')
    else parts.pages.show(response, 'forgotten', { backHref: `${visit.site.prefix}/sign-in` })
  }
