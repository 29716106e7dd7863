import type { Request, Response } from 'express'
import { z } from 'zod'
import type { AddressHolder } from '../../methods/email-code/confirm-address.ts'
import { optionsOf } from '../../methods/email-code/options.ts'
import { personOf, type Person } from '../account/person.ts'
import { field } from '../form.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { visitOf } from '../visit.ts'
import { visitorOf } from '../visitor.ts'

const PATH = '/account/address'

const form = z.object({ email: field(254).default(''), code: field(64).default(''), again: field(8).default('') })

const minutes = (milliseconds: number): number => Math.max(1, Math.ceil(milliseconds / 60_000))

const holderOf = (request: Request, { live, account }: Person, browser: string): AddressHolder => {
  const visit = visitOf(request)
  const { site } = visit
  return { digest: live.digest, account, site: site.site, origin: site.origin, visitor: visitorOf(visit, browser) }
}

const show = async (
  parts: PortalParts,
  response: Response,
  person: Person,
  said: { readonly email?: string; readonly error?: Message } = {},
): Promise<void> => {
  const { site } = visitOf(response.req)
  const pending = await parts.addresses.pending({ digest: person.live.digest, account: person.account })
  const options = optionsOf(site.site)
  parts.pages.show(
    response,
    'address',
    {
      action: `${site.prefix}${PATH}`,
      csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
      pending,
      email: said.email ?? '',
      digits: options.digits,
      lifetimeMinutes: minutes(options.lifetime),
      error: said.error ?? null,
      cancelHref: `${site.prefix}/account`,
    },
    said.error === undefined ? 200 : 400,
  )
}

/** GET: the address, then the code that was sent there. */
export const showAddress =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const person = await personOf(parts, request, response, PATH)
    if (person !== null) await show(parts, response, person)
  }

const errorOf = (refusal: { readonly reason: string; readonly wait?: number; readonly left?: number }): Message => ({
  key: `address.${refusal.reason}`,
  values: { minutes: minutes(refusal.wait ?? 0), left: refusal.left ?? 0 },
})

/** POST: an address to be confirmed, or the code that confirms it. */
export const takeAddress =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const visit = visitOf(request)
    const { site } = visit
    const taken = await takeFormOrAnswer(parts, response, form)
    if (taken === null) return
    const person = await personOf(parts, request, response, PATH)
    if (person === null) return
    const { fields, browser } = taken
    const holder = holderOf(request, person, browser)
    if (fields.email !== '') {
      const email = fields.email.trim()
      const begun = await parts.addresses.begin(holder, email)
      if (begun.ok) parts.pages.go(response, `${site.prefix}${PATH}`)
      else await show(parts, response, person, { email, error: errorOf(begun.reason) })
      return
    }
    const confirmed = await parts.addresses.confirm(holder, fields.code)
    if (!confirmed.ok) {
      await show(parts, response, person, { error: errorOf(confirmed.reason) })
      return
    }
    parts.trail.record({
      event: 'factor.added',
      site: site.site.site,
      account: person.account.id,
      login: person.account.login,
      method: 'email-code',
      session: person.live.digest,
      reference: visit.reference,
      ...(visit.address === undefined ? {} : { address: visit.address }),
    })
    parts.pages.go(response, `${site.prefix}/account?done=address-added`)
  }
