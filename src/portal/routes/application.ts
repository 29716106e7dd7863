import type { Request, Response } from 'express'
import { z } from 'zod'
import { personOf, type Person } from '../account/person.ts'
import { enrolErrorOf, showApplication } from '../application-page.ts'
import { destinationOf } from '../destination.ts'
import { field, textOf } from '../form.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { visitOf } from '../visit.ts'

const PATH = '/account/application'

const form = z.object({ code: field(64).default(''), label: field(60).default(''), to: field(16_384).default('') })

const backTo = (to: string): string => `${PATH}${to === '' ? '' : `?${new URLSearchParams({ to }).toString()}`}`

const show = async (
  parts: PortalParts,
  response: Response,
  { live, account }: Person,
  shown: { readonly to: string; readonly error?: Message; readonly label?: string },
): Promise<void> => {
  const { site } = visitOf(response.req)
  const secret = await parts.totp.begin({ digest: live.digest, account })
  const target = parts.targets.open(site.site.site, shown.to)
  const cancelHref = target === undefined ? `${site.prefix}/account` : destinationOf(site, target)
  showApplication(parts, response, {
    action: PATH,
    account,
    secret,
    attempt: '',
    isForced: false,
    cancelHref,
    ...shown,
  })
}

/** GET, for somebody signed in with a fresh proof: « Associer mon accès à une application » (seed 001). */
export const showEnrolment =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const to = textOf(request.query, 'to')
    const person = await personOf(parts, request, response, backTo(to))
    if (person !== null) await show(parts, response, person, { to })
  }

/** POST: the first code of the application. */
export const takeEnrolment =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const taken = await takeFormOrAnswer(parts, response, form)
    if (taken === null) return
    const { code, label, to } = taken.fields
    const person = await personOf(parts, request, response, backTo(to))
    if (person === null) return
    const { live, account } = person
    const holder = { digest: live.digest, account }
    const most = site.site.totp['per-account']
    const confirmed = await parts.totp.confirm(holder, code, label.trim(), most)
    if (!confirmed.ok) {
      await show(parts, response, person, { to, label, error: enrolErrorOf(confirmed.reason) })
      return
    }
    parts.trail.record({
      event: 'factor.added',
      site: site.site.site,
      account: account.id,
      login: account.login,
      method: 'totp',
      session: live.digest,
      reference: visit.reference,
      ...(visit.address === undefined ? {} : { address: visit.address }),
    })
    const target = parts.targets.open(site.site.site, to)
    const continueHref = target === undefined ? `${site.prefix}/account` : destinationOf(site, target)
    parts.pages.show(response, 'application-added', { label: confirmed.value.label, continueHref })
  }
