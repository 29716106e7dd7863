import type { Request, Response } from 'express'
import { z } from 'zod'
import type { BeginRefusal } from '../../sign-in/method.ts'
import type { ContinueRefusal, UnderWay } from '../../sign-in/flow.ts'
import { optionsOf } from '../../methods/email-code/options.ts'
import { destinationOf, signInHref } from '../destination.ts'
import { flowSite } from '../flow-site.ts'
import { field, takeForm } from '../form.ts'
import { liveSession } from '../live.ts'
import { openSession } from '../open-session.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf } from '../visit.ts'
import { visitorOf } from '../visitor.ts'

/** Automatic new starts of one visit: the next one waits for the person (R5). */
const MAX_RESTARTS = 2

const form = z.object({ attempt: field(64), code: field(64), to: field(16_384).default('') })
const resendForm = z.object({ attempt: field(64), to: field(16_384).default('') })

const minutes = (milliseconds: number) => ({ minutes: Math.max(1, Math.ceil(milliseconds / 60_000)) })

const errorOf = (refusal: ContinueRefusal, digits: number): { error: Message; status: number } => {
  switch (refusal.reason) {
    case 'wrong':
      return { error: { key: 'code.wrong', values: { left: refusal.left } }, status: 401 }
    case 'malformed':
      return { error: { key: 'code.malformed', values: { digits } }, status: 400 }
    case 'throttled':
      return { error: { key: 'code.throttled', values: minutes(refusal.wait) }, status: 429 }
    case 'expired':
    case 'dead':
    case 'replaced':
    case 'used':
      return { error: { key: `code.${refusal.reason}` }, status: 401 }
  }
}

const delayOf = (refusal: BeginRefusal): Message => {
  switch (refusal.reason) {
    case 'too-soon':
      return { key: 'code.resendTooSoon', values: { seconds: Math.max(1, Math.ceil(refusal.wait / 1_000)) } }
    case 'too-often':
      return { key: 'code.mailLimit', values: minutes(refusal.wait) }
    case 'not-enrolled':
      return { key: 'code.mailFailed' }
  }
}

interface Shown {
  readonly handle: string
  readonly underWay: UnderWay
  readonly error?: Message
  readonly information?: Message
  readonly status?: number
}

const showCode = async (parts: PortalParts, response: Response, shown: Shown): Promise<void> => {
  const { site } = visitOf(response.req)
  const { attempt, account } = shown.underWay
  const options = optionsOf(site.site)
  const state = await parts.emailCode.state(attempt, account)
  const browser = parts.browsers.ensure(response)
  parts.pages.show(
    response,
    'code',
    {
      action: `${site.prefix}/sign-in/code`,
      resendAction: `${site.prefix}/sign-in/code/resend`,
      csrf: parts.browsers.csrf(browser),
      attempt: shown.handle,
      to: parts.targets.seal(site.site.site, attempt.target),
      maskedEmail: state.maskedEmail,
      sender: /<(?<address>[^>]+)>/.exec(options.from)?.groups?.['address'] ?? options.from,
      digits: options.digits,
      expiresIn: Math.ceil(state.expiresIn / 1_000),
      resendIn: Math.ceil(state.resendIn / 1_000),
      lifetimeMinutes: Math.round(options.lifetime / 60_000),
      error: shown.error ?? null,
      information: shown.information ?? null,
      mail: state.mail,
      restartHref: signInHref(site, parts.targets.seal(site.site.site, attempt.target)),
    },
    shown.status,
  )
}

/**
 * An attempt that is over: somebody who signed in meanwhile in another tab goes on to this tab's own page (R4); for
 * everybody else the sign-in starts again with the target kept, by itself twice at most (R5, R15).
 */
const startAgain = async (parts: PortalParts, response: Response, sealed: string): Promise<void> => {
  const visit = visitOf(response.req)
  const { site } = visit
  const target = parts.targets.open(site.site.site, sealed)
  if ((await liveSession(visit)) !== null) {
    parts.pages.go(response, destinationOf(site, target))
    return
  }
  const restarts = (target?.restarts ?? 0) + 1
  if (restarts > MAX_RESTARTS) {
    const retryHref = signInHref(site, parts.targets.seal(site.site.site, { path: target?.path ?? '/', restarts: 0 }))
    parts.pages.show(response, 'loop', { retryHref, reference: visit.reference }, 508)
    return
  }
  const next = parts.targets.seal(site.site.site, { path: target?.path ?? '/', restarts })
  parts.pages.go(response, signInHref(site, next, 'restarted'))
}

const one = (value: unknown): string => (typeof value === 'string' ? value : '')

/** GET: « Saisie du code ». */
export const showCodePage =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const handle = one(request.query['attempt'])
    const browser = parts.browsers.known(visit)
    const underWay =
      browser === undefined || handle === ''
        ? null
        : await parts.flow.find(flowSite(visit.site, parts.clock), visitorOf(visit, browser), handle)
    if (underWay === null) {
      await startAgain(parts, response, one(request.query['to']))
      return
    }
    const { account, attempt } = underWay
    const live = await liveSession(visit)
    if (live?.record.account === account.id) {
      parts.pages.go(response, destinationOf(visit.site, attempt.target))
      return
    }
    const why = one(request.query['why'])
    const state = await parts.emailCode.state(attempt, account)
    const information: Message | undefined =
      why === 'resent'
        ? { key: 'code.resent' }
        : why === 'too-often'
          ? delayOf({ reason: 'too-often', wait: 3_600_000 })
          : why === 'too-soon'
            ? delayOf({ reason: 'too-soon', wait: state.resendIn })
            : undefined
    await showCode(parts, response, { handle, underWay, ...(information === undefined ? {} : { information }) })
  }

/** POST: the code. */
export const takeCode =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const taken = takeForm(request, form, parts.browsers)
    if (!taken.ok) {
      if (taken.reason === 'stale')
        await startAgain(parts, response, one((request.body as Record<string, unknown>)['to']))
      else if (taken.reason === 'cookies-refused') {
        parts.pages.show(response, 'cookies-refused', { retryHref: signInHref(site, '') }, 403)
      } else parts.refusals.refuse(visit, taken.reason)
      return
    }
    const { fields, browser } = taken.value
    const at = flowSite(site, parts.clock)
    const visitor = visitorOf(visit, browser)
    const underWay = await parts.flow.find(at, visitor, fields.attempt)
    if (underWay === null) {
      await startAgain(parts, response, fields.to)
      return
    }
    const answered = await parts.flow.answer(at, visitor, underWay, fields.code)
    if (answered.ok) {
      await openSession(parts, request, answered.value, visitor)
      parts.pages.go(response, destinationOf(site, answered.value.target))
      return
    }
    const live = answered.reason.reason === 'used' ? await liveSession(visit) : null
    if (live?.record.account === underWay.account.id) {
      parts.pages.go(response, destinationOf(site, underWay.attempt.target))
      return
    }
    const { error, status } = errorOf(answered.reason, optionsOf(site.site).digits)
    await showCode(parts, response, { handle: fields.attempt, underWay, error, status })
  }

/** POST: « Recevoir un nouveau code ». */
export const takeResend =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const taken = takeForm(request, resendForm, parts.browsers)
    if (!taken.ok) {
      if (taken.reason === 'stale')
        await startAgain(parts, response, one((request.body as Record<string, unknown>)['to']))
      else parts.refusals.refuse(visit, taken.reason === 'cookies-refused' ? 'cross-site' : taken.reason)
      return
    }
    const { fields, browser } = taken.value
    const at = flowSite(site, parts.clock)
    const visitor = visitorOf(visit, browser)
    const underWay = await parts.flow.find(at, visitor, fields.attempt)
    if (underWay === null) {
      await startAgain(parts, response, fields.to)
      return
    }
    const begun = await parts.flow.again(at, visitor, underWay)
    if (begun.ok) {
      const query = new URLSearchParams({ attempt: fields.attempt, to: fields.to, why: 'resent' })
      parts.pages.go(response, `${site.prefix}/sign-in/code?${query.toString()}`)
      return
    }
    await showCode(parts, response, {
      handle: fields.attempt,
      underWay,
      information: delayOf(begun.reason),
      status: 429,
    })
  }
