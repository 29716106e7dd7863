import type { Request, Response } from 'express'
import { z } from 'zod'
import { senderOf } from '../../mail/sender.ts'
import type { Site } from '../../policy/schema.ts'
import { signInHref } from '../destination.ts'
import { flowSite } from '../flow-site.ts'
import { field, takeForm, textOf } from '../form.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { answerRefusedForm } from '../refused-form.ts'
import { visitOf } from '../visit.ts'
import { visitorOf } from '../visitor.ts'

/** Links replace passwords of the gate's own accounts; those that live elsewhere are changed there. */
const leadsTo = ({ accounts, password }: Site): Site['password']['forgotten'] =>
  accounts !== undefined && password.forgotten === 'mail' ? 'referent' : password.forgotten

/** Whether somebody can get a new password by mail. */
export const mailsLinks = (site: Site): boolean => leadsTo(site) === 'mail'

const form = z.object({ login: field(256), to: field(16_384).default('') })

const showForm = (
  parts: PortalParts,
  response: Response,
  to: string,
  said: { readonly error: Message | null; readonly status?: number },
): void => {
  const { site } = visitOf(response.req)
  const model = {
    action: `${site.prefix}/password/forgot`,
    csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
    to,
    error: said.error,
    backHref: signInHref(site, to),
  }
  parts.pages.show(response, 'forgotten-login', model, said.status)
}

/** GET « Mot de passe oublié ? »: the identifier, or whom to call where the referent sets a new password. */
export const showForgotten =
  (parts: PortalParts) =>
  (request: Request, response: Response): void => {
    const visit = visitOf(request)
    const to = textOf(request.query, 'to')
    switch (leadsTo(visit.site.site)) {
      case 'hidden':
        parts.refusals.refuse(visit, 'not-found')
        return
      case 'referent':
        parts.pages.show(response, 'forgotten', { backHref: signInHref(visit.site, to) })
        return
      case 'mail':
        showForm(parts, response, to, { error: null })
    }
  }

/**
 * POST « Valider »: one answer for every identifier, given before anything is looked up (C-01, C-02). The form has one
 * field, so that nobody names an address to send to (T-10).
 */
export const takeForgotten =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    if (leadsTo(site.site) !== 'mail') {
      parts.refusals.refuse(visit, 'not-found')
      return
    }
    const taken = takeForm(request, form, parts.browsers)
    if (!taken.ok) {
      if (taken.reason === 'stale') parts.pages.go(response, `${site.prefix}/password/forgot`)
      else await answerRefusedForm(parts, response, taken.reason)
      return
    }
    const { fields, browser } = taken.value
    const login = fields.login.trim()
    if (login === '') {
      const error = { key: 'signIn.required', values: { field: 'login' } }
      showForm(parts, response, fields.to, { error, status: 400 })
      return
    }
    await parts.passwords.ready()
    parts.pages.go(response, `${site.prefix}/password/forgot/sent`)
    setImmediate(() => void parts.passwords.askForLink(flowSite(visit, parts.clock), visitorOf(visit, browser), login))
  }

/** GET: what happens now, if there is such an account. */
export const showForgottenSent =
  (parts: PortalParts) =>
  (request: Request, response: Response): void => {
    const visit = visitOf(request)
    const { site } = visit
    if (leadsTo(site.site) !== 'mail') {
      parts.refusals.refuse(visit, 'not-found')
      return
    }
    const from = senderOf(site.site) ?? ''
    parts.pages.show(response, 'forgotten-sent', {
      sender: /<(?<address>[^>]+)>/.exec(from)?.groups?.['address'] ?? from,
      lifetimeMinutes: Math.round(site.site.password['reset-link'] / 60_000),
      againHref: `${site.prefix}/password/forgot`,
      backHref: `${site.prefix}/sign-in`,
    })
  }
