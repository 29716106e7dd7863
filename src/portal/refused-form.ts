import type { Response } from 'express'
import type { z } from 'zod'
import { signInHref } from './destination.ts'
import { takeForm, textOf, type FormRefusal, type TakenForm } from './form.ts'
import type { PortalParts } from './portal-parts.ts'
import { startAgain } from './start-again.ts'
import { visitOf } from './visit.ts'

/** Answers a form of the sign-in that was not taken: nothing was done with it, and the next step is shown. */
export const answerRefusedForm = async (parts: PortalParts, response: Response, reason: FormRefusal): Promise<void> => {
  const visit = visitOf(response.req)
  const sealed = textOf(response.req.body, 'to')
  switch (reason) {
    case 'stale':
      await startAgain(parts, response, sealed)
      return
    case 'cookies-refused':
      parts.pages.show(response, 'cookies-refused', { retryHref: signInHref(visit.site, sealed) }, 403)
      return
    case 'form-invalid':
    case 'cross-site':
      parts.refusals.refuse(visit, reason)
  }
}

/** The form of this request; null once its refusal has been answered. */
export const takeFormOrAnswer = async <Schema extends z.ZodType>(
  parts: PortalParts,
  response: Response,
  schema: Schema,
): Promise<TakenForm<Schema> | null> => {
  const taken = takeForm(response.req, schema, parts.browsers)
  if (taken.ok) return taken.value
  await answerRefusedForm(parts, response, taken.reason)
  return null
}
