import type { Request, Response } from 'express'
import { z } from 'zod'
import type { NamedIdentity } from '../../accounts/identities.ts'
import { shownIdentity } from '../account/identities.ts'
import { personOf, type Person } from '../account/person.ts'
import { field, textOf } from '../form.ts'
import { ACCOUNT_LINK } from '../link-evidence.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { visitOf } from '../visit.ts'

const form = z.object({ pending: field(64).default('') })

const backTo = (pending: string): string => `${ACCOUNT_LINK}?${new URLSearchParams({ pending }).toString()}`

const nameOf = (identity: NamedIdentity): string =>
  shownIdentity(identity.kind === 'national-id' ? identity.nationalId : identity.issuer)

const show = (
  parts: PortalParts,
  response: Response,
  { account }: Person,
  shown: { readonly pending: string; readonly name: string; readonly error: Message | null },
): void => {
  const { site } = visitOf(response.req)
  const model = {
    ...shown,
    csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
    action: `${site.prefix}${ACCOUNT_LINK}`,
    person: account.name,
    login: account.login,
    cancelHref: `${site.prefix}/account`,
  }
  parts.pages.show(response, 'link', model, shown.error === null ? 200 : 409)
}

/** GET, for somebody signed in with a fresh proof who has just presented a card or a provider: whether it is to lead here. */
export const showAccountLink =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const pending = textOf(request.query, 'pending')
    const person = await personOf(parts, request, response, backTo(pending))
    if (person === null) return
    const evidence = await parts.pendingLinks.find(person.account.id, pending)
    if (evidence === null) parts.pages.go(response, `${site.prefix}/account`)
    else show(parts, response, person, { pending, name: nameOf(evidence.identity), error: null })
  }

/** POST: « Relier ». */
export const takeAccountLink =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site, reference, address } = visitOf(request)
    const taken = await takeFormOrAnswer(parts, response, form)
    if (taken === null) return
    const { pending } = taken.fields
    const person = await personOf(parts, request, response, backTo(pending))
    if (person === null) return
    const { account, live } = person
    const evidence = await parts.pendingLinks.take(account.id, pending)
    if (evidence === null) {
      parts.pages.go(response, `${site.prefix}/account?done=link-expired`)
      return
    }
    const { identity, method, trace } = evidence
    const linked = await parts.identities.link(account, identity)
    const where = {
      site: site.site.site,
      account: account.id,
      login: account.login,
      method,
      session: live.digest,
      reference,
      ...(address === undefined ? {} : { address }),
    }
    if (linked.ok) {
      parts.trail.record({ event: 'account.identity-linked', detail: trace, ...where })
      parts.pages.go(response, `${site.prefix}/account?done=linked`)
      return
    }
    parts.trail.record({ event: 'account.identity-refused', detail: `${linked.reason} ${trace}`, ...where })
    show(parts, response, person, { pending: '', name: nameOf(identity), error: { key: `link.${linked.reason}` } })
  }
