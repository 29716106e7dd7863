import type { Request, Response } from 'express'
import { z } from 'zod'
import { optionsOf } from '../../methods/email-code/options.ts'
import type { FlowSite } from '../../sign-in/flow-site.ts'
import type { UnderWay } from '../../sign-in/flow.ts'
import type { Visitor } from '../../sign-in/visitor.ts'
import { delayOf, errorOf, showCode } from '../code-page.ts'
import { destinationOf } from '../destination.ts'
import { flowSite } from '../flow-site.ts'
import { field, takeForm, textOf } from '../form.ts'
import { liveSession } from '../live.ts'
import { openSession } from '../open-session.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { answerRefusedForm } from '../refused-form.ts'
import { startAgain } from '../start-again.ts'
import { visitOf } from '../visit.ts'
import { visitorOf } from '../visitor.ts'

const form = z.object({ attempt: field(64), to: field(16_384).default(''), code: field(64).default('') })

/** Somebody at the code page, in the browser that began the sign-in. */
interface AtCode {
  readonly at: FlowSite
  readonly visitor: Visitor
  readonly handle: string
  readonly underWay: UnderWay
}

/** The attempt that a form of the code page belongs to; null once its absence has been answered. */
const takeAttempt = async (
  parts: PortalParts,
  request: Request,
  response: Response,
): Promise<(AtCode & z.output<typeof form>) | null> => {
  const visit = visitOf(request)
  const taken = takeForm(request, form, parts.browsers)
  if (!taken.ok) {
    await answerRefusedForm(parts, response, taken.reason)
    return null
  }
  const { fields, browser } = taken.value
  const at = flowSite(visit.site, parts.clock)
  const visitor = visitorOf(visit, browser)
  const underWay = await parts.flow.find(at, visitor, fields.attempt)
  if (underWay !== null) return { ...fields, at, visitor, handle: fields.attempt, underWay }
  await startAgain(parts, response, fields.to)
  return null
}

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

/** GET: « Saisie du code ». */
export const showCodePage =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { query } = request
    const handle = textOf(query, 'attempt')
    const browser = parts.browsers.known(visit)
    const underWay =
      browser === undefined || handle === ''
        ? null
        : await parts.flow.find(flowSite(visit.site, parts.clock), visitorOf(visit, browser), handle)
    if (underWay === null) {
      await startAgain(parts, response, textOf(query, 'to'))
      return
    }
    const live = await liveSession(visit)
    const isStrongEnough = live !== null && live.record.level >= underWay.way.level
    if (isStrongEnough && live.record.account === underWay.account.id) {
      parts.pages.go(response, destinationOf(visit.site, underWay.attempt.target))
      return
    }
    const wait = /^\d{1,9}$/.exec(textOf(query, 'wait'))?.[0] ?? '0'
    const information = informationOf(textOf(query, 'why'), Number(wait))
    await showCode(parts, response, { handle, underWay, ...(information === undefined ? {} : { information }) })
  }

/** POST: the code. */
export const takeCode =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const here = await takeAttempt(parts, request, response)
    if (here === null) return
    const { at, visitor, handle, underWay } = here
    const answered = await parts.flow.answer(at, visitor, underWay, here.code)
    if (answered.ok) {
      await openSession(parts, request, answered.value, visitor)
      parts.pages.go(response, destinationOf(site, answered.value.target))
      return
    }
    // A second click on the same button: the first one has opened the session.
    const live = answered.reason.reason === 'used' ? await liveSession(visit) : null
    if (live?.record.account === underWay.account.id) {
      parts.pages.go(response, destinationOf(site, underWay.attempt.target))
      return
    }
    const { error, status } = errorOf(answered.reason, optionsOf(site.site).digits)
    await showCode(parts, response, { handle, underWay, error, status })
  }

/** POST: « Recevoir un nouveau code ». */
export const takeResend =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const here = await takeAttempt(parts, request, response)
    if (here === null) return
    const { at, visitor, handle, underWay } = here
    const begun = await parts.flow.again(at, visitor, underWay)
    if (begun.ok) {
      const query = new URLSearchParams({ attempt: handle, to: here.to, why: 'resent' })
      parts.pages.go(response, `${site.prefix}/sign-in/code?${query.toString()}`)
    } else {
      await showCode(parts, response, { handle, underWay, information: delayOf(begun.reason), status: 429 })
    }
  }
