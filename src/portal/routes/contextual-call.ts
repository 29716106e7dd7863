import express, { type Request, type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import type { GivenCall } from '../../methods/contextual-call/index.ts'
import { giveCallCookie } from '../contextual-call/call-cookie.ts'
import { answerRefusedCall, detailOf } from '../contextual-call/call-refused.ts'
import { howArrived, type HowArrived } from '../contextual-call/how-arrived.ts'
import { field, textOf } from '../form.ts'
import type { PortalParts } from '../portal-parts.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { visitOf } from '../visit.ts'

const MAX_CALL = 20_000
const pressed = z.object({
  token: field(MAX_CALL).optional(),
  link: field(MAX_CALL).optional(),
  path: field(500).optional(),
  via: z.enum(['GET', 'POST']),
})

/** Reads the form of an existing link as it came: its signature is over these bytes. */
export const readLinkForm: RequestHandler = express.raw({
  type: 'application/x-www-form-urlencoded',
  limit: '16kb',
  inflate: false,
})

const record = (parts: PortalParts, response: Response, partner: string, patient: string | null): void => {
  const { site, address, reference } = visitOf(response.req)
  parts.countCall(site.site.site, partner, 'accepted')
  parts.trail.record({
    event: 'call.accepted',
    site: site.site.site,
    method: 'contextual-call',
    detail: detailOf(partner, patient),
    reference,
    ...(address === undefined ? {} : { address }),
  })
}

/** Takes the call, and leads the browser away from it at once: nothing of it stays in an address. */
const receive = async (
  parts: PortalParts,
  response: Response,
  given: GivenCall,
  how: 'window' | 'frame',
  method = response.req.method === 'POST' ? ('POST' as const) : ('GET' as const),
) => {
  const visit = visitOf(response.req)
  const calls = parts.calls.of(visit.site.site.site)
  if (calls === null) {
    parts.refusals.refuse(visit, 'not-found')
    return
  }
  const received = await calls.receive(given, {
    now: parts.clock.now(),
    address: visit.address,
    method,
    reference: visit.reference,
    isFramed: how === 'frame',
  })
  if (!received.ok) {
    answerRefusedCall(parts, response, received.reason)
    return
  }
  const { arrival, partner, patient } = received.value
  record(parts, response, partner, patient)
  giveCallCookie(response, arrival.name, arrival.proof)
  // A browser that came by a form goes on by GET, and then sends what it keeps of this site (SameSite=Lax).
  parts.pages.go(response, `${visit.site.prefix}/contextual-call/open?call=${arrival.name}`)
}

/** A button for people; whatever looks at links before them uses nothing up. */
const askToPress = (parts: PortalParts, response: Response, given: GivenCall): void => {
  const { site } = visitOf(response.req)
  const csrf = parts.browsers.csrf(parts.browsers.ensure(response))
  parts.pages.show(response, 'call-press', {
    action: `${site.prefix}/contextual-call/press`,
    csrf,
    hidden: {
      ...('token' in given ? { token: given.token } : { link: given.link, path: given.path }),
      via: response.req.method === 'POST' ? 'POST' : 'GET',
    },
  })
}

/**
 * Whether a frame is that of a listed record system: a form says its page by `Origin`, an address by `Referer`. Whatever
 * another page shows in a frame uses nothing up.
 */
const mayBeFramed = (parts: PortalParts, request: Request): boolean => {
  const frames = parts.calls.of(visitOf(request).site.site.site)?.policy.frames ?? []
  const { origin, referer = '' } = request.headers
  const framing = origin ?? (URL.canParse(referer) ? new URL(referer).origin : '')
  return frames.includes(framing)
}

const arrive = async (parts: PortalParts, request: Request, response: Response, given: GivenCall): Promise<void> => {
  const how: HowArrived = howArrived(request.method, request.headers)
  if (how === 'window') await receive(parts, response, given, 'window')
  else if (how === 'frame' && mayBeFramed(parts, request)) await receive(parts, response, given, 'frame')
  else if (how === 'unsaid') askToPress(parts, response, given)
  else parts.refusals.refuse(visitOf(request), 'foreign-page', `call: ${how}`)
}

/** POST, or GET for old record systems: a signed call, from a page of the record system. */
export const takeCall =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const token = textOf(request.method === 'POST' ? request.body : request.query, 'token')
    await arrive(parts, request, response, { token: token.length > MAX_CALL ? '' : token })
  }

/** An existing link, which the data path has handed over as it came. */
export const takeLink =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { target } = visitOf(request)
    const query = target.raw.includes('?') ? target.raw.slice(target.raw.indexOf('?') + 1) : ''
    const link = Buffer.isBuffer(request.body) ? request.body.toString('latin1') : query
    await arrive(parts, request, response, { link, path: target.path })
  }

/** The button was pressed. */
export const takePress =
  (parts: PortalParts) =>
  async (_request: Request, response: Response): Promise<void> => {
    const taken = await takeFormOrAnswer(parts, response, pressed)
    if (taken === null) return
    const { token, link, path, via } = taken.fields
    const given = link === undefined || path === undefined ? { token: token ?? '' } : { link, path }
    await receive(parts, response, given, 'window', via)
  }
