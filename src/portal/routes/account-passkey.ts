import type { Request, Response } from 'express'
import { z } from 'zod'
import { personOf, type Person } from '../account/person.ts'
import { destinationOf } from '../destination.ts'
import { field, textOf } from '../form.ts'
import { newPasskeyErrorOf, showNewPasskeyPage } from '../new-passkey-page.ts'
import type { Message } from '../pages.ts'
import { MAX_CREDENTIAL } from '../passkey-page.ts'
import type { PortalParts } from '../portal-parts.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { visitOf } from '../visit.ts'

const PATH = '/account/passkey'

const form = z.object({
  to: field(16_384).default(''),
  label: field(60).default(''),
  credential: field(MAX_CREDENTIAL).default(''),
})

const backTo = (to: string): string => `${PATH}${to === '' ? '' : `?${new URLSearchParams({ to }).toString()}`}`

const show = async (
  parts: PortalParts,
  response: Response,
  { live, account }: Person,
  shown: { readonly to: string; readonly label?: string; readonly error?: Message },
): Promise<void> => {
  const { site } = visitOf(response.req)
  const target = parts.targets.open(site.site.site, shown.to)
  const cancelHref = target === undefined ? `${site.prefix}/account` : destinationOf(site, target)
  const page = { action: PATH, attempt: '', isForced: false, cancelHref, ...shown }
  await showNewPasskeyPage(parts, response, { digest: live.digest, account }, page)
}

/** GET, for somebody signed in with a fresh proof: « Créer une clé d'accès ». */
export const showAccountPasskey =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const to = textOf(request.query, 'to')
    const person = await personOf(parts, request, response, backTo(to))
    if (person !== null) await show(parts, response, person, { to })
  }

/** POST: what the browser made, and the person's name for it. */
export const takeAccountPasskey =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const taken = await takeFormOrAnswer(parts, response, form)
    if (taken === null) return
    const { to, credential } = taken.fields
    const label = taken.fields.label.trim()
    const person = await personOf(parts, request, response, backTo(to))
    if (person === null) return
    const { live, account } = person
    const holder = { digest: live.digest, account, site: site.site }
    const confirmed = await parts.newPasskeys.confirm(holder, credential, label)
    if (!confirmed.ok) {
      await show(parts, response, person, { to, label, error: newPasskeyErrorOf(confirmed.reason) })
      return
    }
    parts.trail.record({
      event: 'factor.added',
      site: site.site.site,
      account: account.id,
      login: account.login,
      method: 'passkey',
      session: live.digest,
      reference: visit.reference,
      ...(visit.address === undefined ? {} : { address: visit.address }),
    })
    const target = parts.targets.open(site.site.site, to)
    const done = `${site.prefix}/account?done=passkey-added`
    parts.pages.go(response, target === undefined ? done : destinationOf(site, target))
  }
