import type { Request, Response } from 'express'
import { z } from 'zod'
import { browserDigest } from '../browser.ts'
import { signInHref } from '../destination.ts'
import { flowSite } from '../flow-site.ts'
import { field, textOf } from '../form.ts'
import { MAX_CREDENTIAL, passkeyErrorOf, showInvitation } from '../passkey-page.ts'
import type { PortalParts } from '../portal-parts.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { signInPage } from '../sign-in-page.ts'
import { goOn } from '../sign-in-steps.ts'
import { visitOf, type Visit } from '../visit.ts'
import { visitorOf } from '../visitor.ts'

const form = z.object({ to: field(16_384).default(''), credential: field(MAX_CREDENTIAL).default('') })

const isOpen = ({ site, address }: Visit, parts: PortalParts): boolean =>
  site.policy.waysAt(parts.clock.now(), address).open.some(({ methods }) => methods[0] === 'passkey')

/**
 * GET: a passkey is asked for, without a login. Only a browser that has seen a page of ours gets a challenge: one that
 * strangers ask for would cost the store a line each.
 */
export const showPasskeySignIn =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const to = textOf(request.query, 'to')
    const browser = parts.browsers.known(visit)
    if (browser === undefined || !isOpen(visit, parts)) parts.pages.go(response, signInHref(visit.site, to))
    else await showInvitation(parts, response, browserDigest(browser), { to })
  }

/** POST: what the passkey has signed; it names its owner itself. */
export const takePasskeySignIn =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const taken = await takeFormOrAnswer(parts, response, form)
    if (taken === null) return
    const { fields, browser } = taken
    const visitor = visitorOf(visit, browser)
    const target = parts.targets.open(site.site.site, fields.to) ?? { path: '/', restarts: 0 }
    const recognised = await parts.flow.recognise(flowSite(visit, parts.clock), visitor, fields.credential, target)
    if (recognised.ok) {
      const { handle } = recognised.value
      await goOn(parts, request, response, visitor, recognised.value, { handle, to: fields.to })
    } else if (recognised.reason.reason === 'way-closed') {
      signInPage(parts, response, { sealed: fields.to, error: { key: 'signIn.wayClosed' }, status: 403 })
    } else {
      const said = passkeyErrorOf(recognised.reason)
      await showInvitation(parts, response, visitor.browser, { to: fields.to, ...said })
    }
  }
