import type { Request, Response } from 'express'
import { z } from 'zod'
import type { Account } from '../../accounts/directory.ts'
import type { SiteCalls } from '../../methods/contextual-call/index.ts'
import { CALL_NAME, type PendingCall } from '../../methods/contextual-call/pending.ts'
import type { CallReason } from '../../methods/contextual-call/reasons.ts'
import { digest } from '../../lib/digest.ts'
import type { LiveSession } from '../../session/cache.ts'
import { arrangementOf, meetingOf, type Meeting } from '../contextual-call/arrange.ts'
import { dropCallCookie, giveCallCookie, readCallCookie } from '../contextual-call/call-cookie.ts'
import { answerRefusedCall, recordRefusedCall, refusedOf } from '../contextual-call/call-refused.ts'
import { deliverCall } from '../contextual-call/deliver.ts'
import { dropFormerCookies } from '../contextual-call/former-cookies.ts'
import { enterByCall, reopenForCall } from '../contextual-call/enter.ts'
import { patientLine } from '../contextual-call/patient-line.ts'
import { field, saysSameOrigin, textOf } from '../form.ts'
import { liveSession } from '../live.ts'
import type { PortalParts } from '../portal-parts.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { visitOf } from '../visit.ts'

const choice = z.object({ call: z.string().regex(CALL_NAME), shown: field(80), choice: z.enum(['go', 'stay']) })

/** A call before the person that it names, in the browser that brought it. */
interface AtDoor {
  readonly calls: SiteCalls
  readonly name: string
  readonly call: PendingCall
  readonly account: Account
  readonly live: LiveSession | null
}

const gone = (parts: PortalParts, response: Response, live: LiveSession | null): void => {
  parts.pages.show(response, 'call-gone', { continueHref: live === null ? null : '/' }, 410)
}

const refuseAt = (parts: PortalParts, response: Response, call: PendingCall, reason: CallReason, account?: Account) => {
  answerRefusedCall(parts, response, { ...refusedOf(call, reason), account: account ?? null })
}

/** Whose call it is, by the accounts of the site; null once whatever is wrong has been answered. */
const accountOf = async (parts: PortalParts, response: Response, call: PendingCall): Promise<Account | null> => {
  const { site } = visitOf(response.req)
  const found = await parts.identities.find(site.realm, call.identity)
  if (!found.ok) {
    refuseAt(parts, response, call, `user-${found.reason.cause}`, found.reason.account ?? undefined)
    return null
  }
  const account = found.value
  if (call.roles === null || call.roles.some((role) => account.roles.includes(role))) return account
  refuseAt(parts, response, call, 'user-not-of-partner', account)
  return null
}

const atDoor = async (parts: PortalParts, response: Response, name: string): Promise<AtDoor | null> => {
  const visit = visitOf(response.req)
  const calls = parts.calls.of(visit.site.site.site)
  if (calls === null) {
    parts.refusals.refuse(visit, 'not-found')
    return null
  }
  const live = await liveSession(visit)
  const call = await calls.pending.find(visit.site.site.site, name)
  if (call === null) {
    gone(parts, response, live)
    return null
  }
  if (!calls.pending.isHolder(call, readCallCookie(visit, name))) {
    if (call.isFramed && visit.site.isFramed === true) {
      const action = `${visit.site.prefix}/contextual-call/window`
      parts.pages.show(response, 'call-window', { action, call: name })
      return null
    }
    // Another browser has the address alone; or this one keeps no cookies, which is what the page explains.
    parts.pages.show(response, 'cookies-refused', { retryHref: '/' }, 403)
    return null
  }
  const account = await accountOf(parts, response, call)
  return account === null ? null : { calls, name, call, account, live }
}

/** What the person has to be shown first; null when nothing. */
const toShow = ({ calls, call, account, live }: AtDoor): Exclude<Meeting, 'nothing'> | 'confirm' | null => {
  const meeting = meetingOf(live, account, call, calls.policy)
  if (meeting !== 'nothing') return meeting
  return calls.policy.confirm === 'always' ? 'confirm' : null
}

/** Names what was on the page: a press counts for that and nothing else. */
const shownMark = ({ live }: AtDoor, kind: string): string => `${kind}.${live?.digest.slice(0, 16) ?? ''}`

const showChoice = (
  parts: PortalParts,
  response: Response,
  door: AtDoor,
  kind: NonNullable<ReturnType<typeof toShow>>,
) => {
  const { site } = visitOf(response.req)
  const { call, account, live, name } = door
  parts.pages.show(response, 'call-choice', {
    kind,
    action: `${site.prefix}/contextual-call/open`,
    csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
    call: name,
    shown: shownMark(door, kind),
    partner: call.partnerName,
    name: account.name,
    present: live?.record.name ?? '',
    patient: kind === 'other-person' ? null : patientLine(call.values),
  })
}

const goOn = async (parts: PortalParts, request: Request, response: Response, door: AtDoor): Promise<void> => {
  const { calls, name, call, account, live } = door
  if (!(await calls.pending.open(name))) {
    gone(parts, response, live)
    return
  }
  const isSamePerson = live !== null && live.record.account === account.id
  const arrangement = arrangementOf(live, account, calls.policy)
  if (arrangement === 'beside' && live !== null) {
    const session = { digest: live.digest, account: account.id, login: account.login }
    await deliverCall(parts, response, { calls, name, call, session })
    return
  }
  const isContinued = isSamePerson && live.record.call?.patient === call.patient
  if (!isContinued) dropFormerCookies(response, calls.policy, !isSamePerson)
  if (arrangement === 'carry-over' && live !== null)
    await reopenForCall(parts, request, response, live, { calls, name, call })
  else await enterByCall(parts, request, response, { calls, name, call, account })
}

/** GET: straight on, or what has to be decided first. Looking at it does nothing twice. */
export const showCall =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const door = await atDoor(parts, response, textOf(request.query, 'call'))
    if (door === null) return
    const kind = toShow(door)
    if (kind === null && request.method === 'GET') await goOn(parts, request, response, door)
    else showChoice(parts, response, door, kind ?? 'confirm')
  }

/** POST: the person has decided. */
export const takeCallChoice =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const taken = await takeFormOrAnswer(parts, response, choice)
    if (taken === null) return
    const { fields } = taken
    const door = await atDoor(parts, response, fields.call)
    if (door === null) return
    const kind = toShow(door)
    if (kind !== null && fields.shown !== shownMark(door, kind)) showChoice(parts, response, door, kind)
    else if (fields.choice === 'go') await goOn(parts, request, response, door)
    else {
      dropCallCookie(response, door.name)
      await door.calls.pending.take(door.name)
      recordRefusedCall(parts, response, { ...refusedOf(door.call, 'other-person'), account: door.account })
      parts.pages.go(response, '/')
    }
  }

/** POST, from the page in a frame where no cookie is kept: the call goes on in a window of its own. */
export const takeWindow =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit.site
    const name = textOf(request.body, 'call')
    const calls = parts.calls.of(site.site)
    const call = calls === null ? null : await calls.pending.find(site.site, name)
    if (saysSameOrigin(request) !== true || visit.site.isFramed === true) {
      parts.refusals.refuse(visit, 'cross-site')
      return
    }
    const moved = calls === null || call === null ? null : await calls.pending.moveOut(name, call)
    if (moved === null) {
      gone(parts, response, null)
      return
    }
    giveCallCookie(response, moved.name, moved.proof)
    parts.pages.go(response, `${visit.site.prefix}/contextual-call/open?call=${moved.name}`)
  }

/** GET, after a second factor: the session is open, the application is told. */
export const showDelivery =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const name = textOf(request.query, 'call')
    const calls = parts.calls.of(visit.site.site.site)
    const live = await liveSession(visit)
    const call = calls === null ? null : await calls.pending.find(visit.site.site.site, name)
    if (calls === null || call === null || live === null || live.record.call?.id !== digest(name)) {
      gone(parts, response, live)
      return
    }
    const { account, login } = live.record
    await deliverCall(parts, response, { calls, name, call, session: { digest: live.digest, account, login } })
  }
