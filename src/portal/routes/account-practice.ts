import type { Request, Response } from 'express'
import { z } from 'zod'
import { personOf } from '../account/person.ts'
import type { PortalParts } from '../portal-parts.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { visitOf } from '../visit.ts'

const PATH = '/account'

/** POST: at the next sign-in by Pro Santé Connect the person is asked again in which practice they work. */
export const takePracticeForgotten =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    if ((await takeFormOrAnswer(parts, response, z.object({}))) === null) return
    const person = await personOf(parts, request, response, PATH)
    if (person === null) return
    await parts.rememberedPractices.forget(person.account.id, site.site.site)
    parts.pages.go(response, `${site.prefix}${PATH}?done=practice-forgotten`)
  }
