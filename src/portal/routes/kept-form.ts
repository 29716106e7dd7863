import type { Request, Response } from 'express'
import { z } from 'zod'
import { UNOWNED, type KeptForm } from '../../kept-forms/kept-forms.ts'
import { measureForm } from '../../kept-forms/measure.ts'
import { parseTarget } from '../../lib/path.ts'
import type { LiveSession } from '../../session/cache.ts'
import { browserDigest } from '../browser.ts'
import { readCookie } from '../cookies.ts'
import { keptFormHref, signInHref } from '../destination.ts'
import { field, takeForm, textOf } from '../form.ts'
import { liveSession } from '../live.ts'
import type { PageModels } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { signInPage } from '../sign-in-page.ts'
import { visitOf, type Visit } from '../visit.ts'

const pressed = z.object({ form: field(64) })

/** A kept form before its owner. */
interface Found {
  readonly live: LiveSession
  readonly form: KeptForm
  readonly browser: string
}

const sealedFor = (parts: PortalParts, { site }: Visit, handle: string, form: KeptForm | null): string =>
  parts.targets.seal(site.site.site, { path: form?.behind ?? '/', restarts: 0, form: handle })

/** What became of a form that is not there; nothing of the form itself is said. */
const showGone = async (parts: PortalParts, response: Response, handle: string): Promise<void> => {
  const state = await parts.forms.kept.state(handle)
  const reason = state === 'sent' || state === 'declined' || state === 'foreign' ? state : 'expired'
  parts.pages.show(response, 'kept-form-gone', { reason, continueHref: '/' })
}

/** Another person has signed in here: the form goes, and they learn nothing of it (R7). */
const dropForeign = async (parts: PortalParts, visit: Visit, live: LiveSession, handle: string): Promise<void> => {
  await parts.forms.kept.drop(handle, 'foreign')
  parts.trail.record({
    event: 'form.dropped',
    detail: 'another person signed in',
    site: visit.site.site.site,
    account: live.record.account,
    login: live.record.login,
    session: live.digest,
    reference: visit.reference,
    ...(visit.address === undefined ? {} : { address: visit.address }),
  })
}

/** A form of another site, which this browser has sent: it is theirs who has signed in here. */
const adoptForm = async (
  parts: PortalParts,
  visit: Visit,
  live: LiveSession,
  handle: string,
  browser: string | undefined,
): Promise<KeptForm | null> => {
  const { kept, owners } = parts.forms
  const proof = readCookie(visit.request, visit.site, 'link')
  if (proof === undefined || browser === undefined) return null
  const form = await kept.find({ site: visit.site.site.site, browser: browserDigest(proof) }, handle)
  if (form?.owner !== UNOWNED) return null
  const by = { browser: browserDigest(browser), owner: owners.markOf(live.record) }
  await kept.adopt(handle, form, by)
  return { ...form, ...by }
}

/** The form of a handle, for its owner in its own browser; null once everybody else has been answered. */
const findForm = async (parts: PortalParts, response: Response, handle: string): Promise<Found | null> => {
  const visit = visitOf(response.req)
  const { request } = visit
  const { kept, owners } = parts.forms
  const browser =
    parts.browsers.known(visit) ?? (request.method === 'GET' ? parts.browsers.ensure(response) : undefined)
  const place = browser === undefined ? null : { site: visit.site.site.site, browser: browserDigest(browser) }
  const live = await liveSession(visit)
  const own = place === null ? null : await kept.find(place, handle)
  const form = own ?? (live === null ? null : await adoptForm(parts, visit, live, handle, browser))
  if (live === null) {
    parts.pages.go(response, signInHref(visit.site, sealedFor(parts, visit, handle, form), 'form-kept'))
    return null
  }
  if (form !== null && browser !== undefined && owners.isMarkOf(form.owner, live.record)) return { live, form, browser }
  if (form !== null) await dropForeign(parts, visit, live, handle)
  await showGone(parts, response, handle)
  return null
}

/** Whether the policy asks for a stronger sign-in before this person may send the form. */
const needsMore = (visit: Visit, { live, form }: Found, now: number): boolean => {
  const target = parseTarget('POST', form.target)
  const context = { address: visit.address, now }
  return target.ok && visit.site.policy.decide(target.value, live.subject, context).verdict === 'sign-in'
}

const pathOf = (target: string): string => target.split('?', 1)[0] ?? target

/** Host of the record system that a form comes from; null for a page of this site. */
const fromElsewhere = ({ hosts }: Pick<Visit['site']['site'], 'hosts'>, { referer }: KeptForm): string | null => {
  // A page of this site always says that it is one; a record system may say nothing.
  const { host } = new URL(referer === '' ? 'https://dpi.invalid' : referer)
  return hosts.includes(host) ? null : host.replace('dpi.invalid', '')
}

const modelOf = (
  parts: PortalParts,
  { prefix, site }: Visit['site'],
  { live, form, browser }: Found,
  handle: string,
  isUnsure: boolean,
): PageModels['kept-form'] => ({
  sendAction: `${prefix}/kept-form`,
  dropAction: `${prefix}/kept-form/drop`,
  csrf: parts.browsers.csrf(browser),
  form: handle,
  page: form.behind,
  sentTo: pathOf(form.target),
  at: new Date(form.keptAt).toISOString(),
  name: live.record.name,
  from: fromElsewhere(site, form),
  ...measureForm(form.type, form.body),
  size: form.body.length,
  isUnsure,
})

/** GET: « Votre saisie a été gardée », to whoever it belongs to; nothing is sent by looking. */
export const showKeptForm =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const handle = textOf(request.query, 'form')
    const found = await findForm(parts, response, handle)
    if (found === null) return
    if (needsMore(visit, found, parts.clock.now())) {
      signInPage(parts, response, { sealed: sealedFor(parts, visit, handle, found.form), why: 'form-kept' })
      return
    }
    const isUnsure = (await parts.forms.kept.state(handle)) === 'unsure'
    parts.pages.show(response, 'kept-form', modelOf(parts, visit.site, found, handle, isUnsure))
  }

/** The form that a button of that page stands for; null once anything else has been answered. */
const takePressed = async (parts: PortalParts, request: Request, response: Response) => {
  const visit = visitOf(request)
  const taken = takeForm(request, pressed, parts.browsers)
  if (taken.ok) {
    const { form: handle } = taken.value.fields
    const found = await findForm(parts, response, handle)
    return found === null ? null : { ...found, handle }
  }
  if (taken.reason === 'stale') parts.pages.go(response, keptFormHref(visit.site, textOf(request.body, 'form')))
  else parts.refusals.refuse(visit, taken.reason === 'cookies-refused' ? 'cross-site' : taken.reason)
  return null
}

/** The data path knows the press by the page that it comes from: a browser that hides it cannot be led on. */
const comesFromPage = (request: Request, handle: string): boolean => {
  const { site } = visitOf(request)
  const { referer } = request.headers
  return referer !== undefined && URL.canParse(referer) && referer.endsWith(keptFormHref(site, handle))
}

/**
 * POST « Envoyer à nouveau »: leads the browser to the form's own address, with 307 so that it is a POST again. There the
 * data path puts the kept form in the place of this one (gateway/resend). Not sent from here, because the cookies of the
 * application often belong to its own paths, and what it answers refers to its own address.
 */
export const sendKeptForm =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const found = await takePressed(parts, request, response)
    if (found === null) return
    if (!comesFromPage(request, found.handle)) {
      parts.refusals.refuse(visitOf(request), 'cross-site', 'no referer')
      return
    }
    await parts.forms.kept.release(found.handle)
    response.status(307).set('Location', found.form.target).set('Content-Length', '0').end()
  }

/** POST « Ne pas envoyer »: the form goes, and the person returns to the page that it was on. */
export const dropKeptForm =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const found = await takePressed(parts, request, response)
    if (found === null) return
    await parts.forms.kept.drop(found.handle, 'declined')
    const { account, login } = found.live.record
    parts.trail.record({
      event: 'form.dropped',
      detail: 'declined',
      site: visit.site.site.site,
      account,
      login,
      session: found.live.digest,
      reference: visit.reference,
    })
    parts.pages.go(response, found.form.behind)
  }
