import type { Request, Response } from 'express'
import { z } from 'zod'
import type { Stage } from '../../sign-in/stage.ts'
import { pageElsewhere } from '../arrival-pages.ts'
import { findAttempt, takeAttempt } from '../at-sign-in.ts'
import { delayOf } from '../code-page.ts'
import { destinationOf } from '../destination.ts'
import { field, textOf } from '../form.ts'
import { liveSession } from '../live.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { MAX_CREDENTIAL } from '../passkey-page.ts'
import { questionPage } from '../question-page.ts'
import { goOn, stepHref } from '../sign-in-steps.ts'
import { startAgain } from '../start-again.ts'
import { visitOf } from '../visit.ts'

const form = z.object({
  attempt: field(64),
  to: field(16_384).default(''),
  code: field(64).default(''),
  /** What a passkey has signed. */
  credential: field(MAX_CREDENTIAL).default(''),
  device: field(16).default(''),
})

/** What brought somebody here by a link of ours, said once. */
const informationOf = (why: string, wait: number): Message | undefined => {
  switch (why) {
    case 'resent':
      return { key: 'code.resent' }
    case 'too-often':
    case 'too-soon':
      return delayOf({ reason: why, wait })
    default:
      return undefined
  }
}

/** A card, or an account at a provider, has a page of its own. */
const isAnsweredHere = (stage: Stage): boolean =>
  stage.kind === 'answer' && pageElsewhere(stage.offer.method) === undefined

/** GET: the question of the moment: « Saisie du code ». */
export const showCodePage =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { query } = request
    const to = textOf(query, 'to')
    const here = await findAttempt(parts, request, response)
    if (here === null) return
    const { stage, account, attempt } = here.underWay
    const live = await liveSession(visit)
    // Another tab of the same person has finished, not before this attempt began: one that asks for more goes on (R4).
    if (live !== null && live.record.account === account.id && live.record.startedAt >= attempt.startedAt) {
      parts.pages.go(response, destinationOf(visit.site, attempt.target))
      return
    }
    if (!isAnsweredHere(stage)) {
      parts.pages.go(response, stepHref(visit.site, stage, { handle: here.handle, to }))
      return
    }
    const wait = /^\d{1,9}$/.exec(textOf(query, 'wait'))?.[0] ?? '0'
    const information = informationOf(textOf(query, 'why'), Number(wait))
    await questionPage(here).show(parts, response, { ...here, ...(information === undefined ? {} : { information }) })
  }

/** POST: the code. */
export const takeCode =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const here = await takeAttempt(parts, request, response, form)
    if (here === null) return
    const { at, visitor, handle, underWay, fields } = here
    if (!isAnsweredHere(underWay.stage)) {
      parts.pages.go(response, stepHref(site, underWay.stage, { handle, to: fields.to }))
      return
    }
    const given = fields.credential === '' ? fields.code : fields.credential
    const answered = await parts.flow.answer(at, visitor, underWay, given, fields.device === 'remember')
    if (answered.ok) {
      await goOn(parts, request, response, visitor, answered.value, { handle, to: fields.to })
      return
    }
    // A second click on the same button: the first one has opened the session.
    const { reason } = answered.reason
    const live = reason === 'used' || reason === 'expired' ? await liveSession(visit) : null
    const { account, attempt } = underWay
    if (live?.record.account === account.id && (reason === 'used' || live.record.startedAt >= attempt.startedAt)) {
      parts.pages.go(response, destinationOf(site, attempt.target))
      return
    }
    const page = questionPage(here)
    await page.show(parts, response, { ...here, ...page.errorOf(response, answered.reason) })
  }

/** POST: « Recevoir un nouveau code ». */
export const takeResend =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const here = await takeAttempt(parts, request, response, form)
    if (here === null) return
    const { at, visitor, handle, underWay, fields } = here
    if (underWay.stage.kind !== 'answer') {
      await startAgain(parts, response, fields.to)
      return
    }
    const begun = await parts.flow.again(at, visitor, underWay)
    if (begun.ok) parts.pages.go(response, stepHref(site, underWay.stage, { handle, to: fields.to, why: 'resent' }))
    else await questionPage(here).show(parts, response, { ...here, information: delayOf(begun.reason), status: 429 })
  }
