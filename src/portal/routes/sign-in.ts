import type { Request, Response } from 'express'
import { z } from 'zod'
import type { ReturnTarget } from '../../lib/return-target.ts'
import type { StartRefusal } from '../../sign-in/flow.ts'
import { broughtDevice } from '../brought-device.ts'
import { destinationOf, signInHref } from '../destination.ts'
import { field, textOf } from '../form.ts'
import { isGoingInCircles } from '../hops.ts'
import { howEnded, liveSession, maySee } from '../live.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { flowSite } from '../flow-site.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { signInPage } from '../sign-in-page.ts'
import { goOn, stepHref } from '../sign-in-steps.ts'
import { signInThrottled } from '../throttled.ts'
import { visitOf } from '../visit.ts'
import { visitorOf } from '../visitor.ts'

const form = z.object({
  login: field(256),
  password: field(4_096),
  way: field(48).optional(),
  to: field(16_384).default(''),
})

/** GET: the page, or straight on for somebody who is signed in already (R4, S-20). */
export const showSignIn =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const sealed = textOf(request.query, 'to')
    const target = parts.targets.open(site.site.site, sealed)
    const live = await liveSession(visit)
    if (live !== null && target === undefined) {
      parts.pages.show(response, 'signed-in', {
        name: live.record.name,
        since: new Date(live.record.startedAt).toISOString(),
        continueHref: '/',
        signOutHref: `${site.prefix}/sign-out`,
      })
      return
    }
    const hasForm = target?.form !== undefined
    // Somebody signed in who must prove anew who they are; the account page lets nobody else come to this.
    const isAskedAnew = textOf(request.query, 'why') === 'fresh' && target !== undefined
    if (
      live !== null &&
      target !== undefined &&
      !isAskedAnew &&
      (hasForm || maySee(visit, live, target.path, parts.clock.now()))
    ) {
      if (isGoingInCircles(response))
        parts.pages.show(response, 'loop', { retryHref: '/', reference: visit.reference }, 508)
      else parts.pages.go(response, destinationOf(site, target))
      return
    }
    const why = textOf(request.query, 'why')
    const ended = why === 'expired' ? await howEnded(parts.ends, visit) : null
    signInPage(parts, response, { sealed: target === undefined ? '' : sealed, why, ended })
  }

const messageOf = (refusal: Exclude<StartRefusal, { reason: 'not-enrolled' }>): { error: Message; status: number } => {
  switch (refusal.reason) {
    case 'refused':
      return { error: { key: 'signIn.wrong' }, status: 401 }
    case 'throttled':
      return { error: signInThrottled(refusal), status: 429 }
    case 'way-closed':
      return { error: { key: 'signIn.wayClosed' }, status: 403 }
  }
}

/** POST: identifier, password and the button that was pressed. */
export const takeSignIn =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const taken = await takeFormOrAnswer(parts, response, form)
    if (taken === null) return
    const { fields, browser } = taken
    const target: ReturnTarget = parts.targets.open(site.site.site, fields.to) ?? { path: '/', restarts: 0 }
    const login = fields.login.trim()
    if (login === '' || fields.password === '') {
      const error = { key: 'signIn.required', values: { field: login === '' ? 'login' : 'password' } }
      signInPage(parts, response, { sealed: fields.to, login, error, status: 400 })
      return
    }
    const started = await parts.flow.start(
      flowSite(visit, parts.clock),
      visitorOf(visit, browser),
      { login, password: fields.password, way: fields.way, device: broughtDevice(visit, target, parts.clock) },
      target,
    )
    if (started.ok) {
      const { handle, delayed, underWay, proven } = started.value
      if (proven !== null) {
        const progress = { kind: 'proven', proven } as const
        await goOn(parts, request, response, visitorOf(visit, browser), progress, { handle, to: fields.to })
        return
      }
      parts.pages.go(response, stepHref(site, underWay.stage, { handle, to: fields.to, delayed }))
      return
    }
    if (started.reason.reason === 'not-enrolled') {
      parts.pages.show(response, 'no-factor', { restartHref: signInHref(site, fields.to) }, 403)
      return
    }
    const { error, status } = messageOf(started.reason)
    signInPage(parts, response, { sealed: fields.to, login, error, status })
  }
