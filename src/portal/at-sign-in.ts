import type { Request, Response } from 'express'
import type { z } from 'zod'
import type { FlowSite } from '../sign-in/flow-site.ts'
import type { UnderWay } from '../sign-in/under-way.ts'
import type { Visitor } from '../sign-in/visitor.ts'
import { flowSite } from './flow-site.ts'
import { textOf } from './form.ts'
import type { PortalParts } from './portal-parts.ts'
import { liveSession } from './live.ts'
import { takeFormOrAnswer } from './refused-form.ts'
import { startAgain } from './start-again.ts'
import { visitOf, type Visit } from './visit.ts'
import { visitorOf } from './visitor.ts'

/** Somebody on a page of a sign-in under way, in the browser that began it. */
export interface AtSignIn {
  readonly at: FlowSite
  readonly visitor: Visitor
  readonly handle: string
  readonly underWay: UnderWay
}

/**
 * Whether somebody else has signed in in this browser since this sign-in began, in another tab. It does not go on: one
 * person would take the other's place without either being told (S-18). The page that they are led to says who is signed in.
 */
const answerOvertaken = async (
  parts: PortalParts,
  visit: Visit,
  response: Response,
  { account, attempt }: UnderWay,
): Promise<boolean> => {
  const live = await liveSession(visit)
  const isOvertaken = live !== null && live.record.account !== account.id && live.record.startedAt >= attempt.startedAt
  if (isOvertaken) parts.pages.go(response, `${visit.site.prefix}/sign-in`)
  return isOvertaken
}

/** A sign-in under way in this browser; null once its absence has been answered. */
export const resumeAttempt = async (
  parts: PortalParts,
  response: Response,
  { handle, to }: { readonly handle: string; readonly to: string },
): Promise<AtSignIn | null> => {
  const visit = visitOf(response.req)
  const browser = parts.browsers.known(visit)
  if (browser !== undefined && handle !== '') {
    const at = flowSite(visit, parts.clock)
    const visitor = visitorOf(visit, browser)
    const underWay = await parts.flow.find(at, visitor, handle)
    if (underWay !== null)
      return (await answerOvertaken(parts, visit, response, underWay)) ? null : { at, visitor, handle, underWay }
  }
  await startAgain(parts, response, to)
  return null
}

/** The attempt that a link of ours names; null once its absence has been answered. */
export const findAttempt = (parts: PortalParts, request: Request, response: Response): Promise<AtSignIn | null> =>
  resumeAttempt(parts, response, { handle: textOf(request.query, 'attempt'), to: textOf(request.query, 'to') })

/** The attempt that a form belongs to, and its fields; null once its absence, or the form's refusal, has been answered. */
export const takeAttempt = async <Fields extends { readonly attempt: string; readonly to: string }>(
  parts: PortalParts,
  request: Request,
  response: Response,
  schema: z.ZodType<Fields>,
): Promise<(AtSignIn & { readonly fields: Fields }) | null> => {
  const visit = visitOf(request)
  const taken = await takeFormOrAnswer(parts, response, schema)
  if (taken === null) return null
  const { fields, browser } = taken
  const at = flowSite(visit, parts.clock)
  const visitor = visitorOf(visit, browser)
  const underWay = await parts.flow.find(at, visitor, fields.attempt)
  if (underWay !== null) {
    const isOvertaken = await answerOvertaken(parts, visit, response, underWay)
    return isOvertaken ? null : { at, visitor, handle: fields.attempt, underWay, fields }
  }
  await startAgain(parts, response, fields.to)
  return null
}
